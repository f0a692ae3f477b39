package loopback_test

import (
	"net"
	"testing"

	"github.com/auditlog/auditlog/internal/loopback"
)

func TestHost(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "127.0.0.1": true, "127.8.9.10": true, "::1": true, "::ffff:127.0.0.1": true,
		"": false, "0.0.0.0": false, "::": false, "10.0.0.1": false, "localhost.example.com": false, "127.0.0.1.example.com": false, "elasticsearch": false,
	} {
		if got := loopback.Host(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
}

func TestFree(t *testing.T) {
	addresses, err := loopback.Free(3)
	if err != nil || len(addresses) != 3 {
		t.Fatal(addresses, err)
	}
	for _, address := range addresses { // all at once, so they are different ones
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
	}
}
