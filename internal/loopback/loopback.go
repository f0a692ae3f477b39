// Package loopback tells the names of this machine from those of others.
package loopback

import "net/netip"

// Host reports whether a host of a URL or an endpoint, in lower case and without its
// port, can be reached from this machine only.
func Host(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.Unmap().IsLoopback()
}
