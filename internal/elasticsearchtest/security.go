package elasticsearchtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"
)

// The superuser of a node with security.
const (
	Admin         = "admin"
	AdminPassword = "a password of the tests only"
)

// Security is what a node with TLS and authentication needs, and its clients.
type Security struct {
	CA         []byte // PEM
	ClientCert []byte // PEM; the node serves nobody without one that its CA signed
	ClientKey  []byte // PEM

	cert, key []byte
	users     string
}

// NewSecurity makes a certificate authority, and certificates for the node on
// loopback and for its clients.
func NewSecurity(t testing.TB) *Security {
	t.Helper()
	ca, caKey := certificate(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "auditlog tests"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil, nil)
	node, nodeKey := certificate(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "node"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, ca, caKey)
	client, clientKey := certificate(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "client"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, ca, caKey)
	hash, err := bcrypt.GenerateFromPassword([]byte(AdminPassword), bcrypt.MinCost)
	require.NoError(t, err)
	return &Security{
		CA: encode("CERTIFICATE", ca.Raw), cert: encode("CERTIFICATE", node.Raw), key: encodeKey(t, nodeKey),
		ClientCert: encode("CERTIFICATE", client.Raw), ClientKey: encodeKey(t, clientKey), users: Admin + ":" + string(hash) + "\n",
	}
}

func certificate(t testing.TB, template, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template.SerialNumber, err = rand.Int(rand.Reader, big.NewInt(1<<62))
	require.NoError(t, err)
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	if parent == nil {
		parent, parentKey = template, key
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, parentKey)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(raw)
	require.NoError(t, err)
	return cert, key
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func encodeKey(t testing.TB, key *ecdsa.PrivateKey) []byte {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return encode("PRIVATE KEY", der)
}

func (s *Security) clientCertificates() []tls.Certificate {
	pair, err := tls.X509KeyPair(s.ClientCert, s.ClientKey)
	if err != nil {
		return nil
	}
	return []tls.Certificate{pair}
}

// write writes what the node reads, and returns the settings that say so.
func (s *Security) write(config string) (settings string, err error) {
	for name, content := range map[string][]byte{
		"ca.pem": s.CA, "node.pem": s.cert, "node.key": s.key, "users": []byte(s.users), "users_roles": []byte("superuser:" + Admin + "\n"),
	} {
		if err := os.WriteFile(filepath.Join(config, name), content, 0o600); err != nil {
			return "", err
		}
	}
	return `xpack.security.http.ssl.enabled: true
xpack.security.http.ssl.certificate: node.pem
xpack.security.http.ssl.key: node.key
xpack.security.http.ssl.certificate_authorities: [ca.pem]
xpack.security.http.ssl.client_authentication: required
xpack.security.transport.ssl.enabled: true
xpack.security.transport.ssl.certificate: node.pem
xpack.security.transport.ssl.key: node.key
xpack.security.transport.ssl.certificate_authorities: [ca.pem]
`, nil
}
