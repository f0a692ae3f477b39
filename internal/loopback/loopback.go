// Package loopback tells the names of this machine from those of others, and finds
// addresses of it that are free.
package loopback

import (
	"net"
	"net/netip"
)

// Host reports whether a host of a URL or an endpoint, in lower case and without its
// port, can be reached from this machine only.
func Host(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.Unmap().IsLoopback()
}

// Free returns n addresses of this machine, host and port, at which nothing listens.
func Free(n int) (addresses []string, err error) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close() // when all are found: no two are the same
		addresses = append(addresses, l.Addr().String())
	}
	return addresses, nil
}
