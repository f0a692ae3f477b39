package receiver_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configtls"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	"github.com/auditlog/auditlog/receiver"
)

// authority signs certificates for tests.
type authority struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

func newAuthority(t *testing.T) *authority {
	a := &authority{dir: t.TempDir(), pool: x509.NewCertPool()}
	var err error
	a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	require.NoError(t, err)
	a.cert, err = x509.ParseCertificate(der)
	require.NoError(t, err)
	a.pool.AddCert(a.cert)
	a.write(t, "ca.pem", "CERTIFICATE", der)
	return a
}

func (a *authority) write(t *testing.T, name, kind string, der []byte) string {
	path := filepath.Join(a.dir, name)
	require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
	return path
}

// issue returns the files of a certificate for name.
func (a *authority) issue(t *testing.T, name string) (certFile, keyFile string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	require.NoError(t, err)
	keyDER, err := x509.MarshalECPrivateKey(key)
	require.NoError(t, err)
	return a.write(t, name+".pem", "CERTIFICATE", der), a.write(t, name+".key", "EC PRIVATE KEY", keyDER)
}

func TestClientCertificatesOnBothProtocols(t *testing.T) {
	ca := newAuthority(t)
	serverCert, serverKey := ca.issue(t, "server")
	server := configtls.ServerConfig{
		Config:       configtls.Config{CertFile: serverCert, KeyFile: serverKey},
		ClientCAFile: filepath.Join(ca.dir, "ca.pem"),
	}
	s := start(t, func(c *receiver.Config) {
		c.GRPC.TLS, c.HTTP.TLS = configoptional.Some(server), configoptional.Some(server)
		c.Senders = []receiver.SenderConfig{{Name: "checkout", Certificates: []string{"checkout.internal"}, Accounts: []string{"acme"}}}
	})
	l := logs(record("user.name", "ana"))
	for name, known := range map[string]bool{"checkout.internal": true, "stranger.internal": false} {
		certFile, keyFile := ca.issue(t, name)
		cert, err := tls.LoadX509KeyPair(certFile, keyFile)
		require.NoError(t, err)
		client := &tls.Config{RootCAs: ca.pool, Certificates: []tls.Certificate{cert}, ServerName: "server"}
		s.sink.Reset()

		conn, err := grpc.NewClient(s.grpc, grpc.WithTransportCredentials(credentials.NewTLS(client)))
		require.NoError(t, err)
		_, grpcErr := plogotlp.NewGRPCClient(conn).Export(t.Context(), plogotlp.NewExportRequestFromLogs(l))
		require.NoError(t, conn.Close())

		transport := &http.Transport{TLSClientConfig: client}
		resp, err := (&http.Client{Transport: transport}).Post("https://"+s.http+"/v1/logs", "application/x-protobuf", bytes.NewReader(encode(t, l)))
		require.NoError(t, err)
		resp.Body.Close()
		transport.CloseIdleConnections()

		if !known {
			require.Equal(t, codes.Unauthenticated, status.Code(grpcErr))
			require.Equal(t, http.StatusUnauthorized, resp.StatusCode)
			require.Empty(t, s.received())
			continue
		}
		require.NoError(t, grpcErr)
		require.Equal(t, http.StatusOK, resp.StatusCode)
		require.Len(t, s.received(), 2)
		for _, r := range s.received() {
			require.Equal(t, "checkout", r["audit.sender"])
			require.Equal(t, "acme", r["audit.account"])
		}
	}
}
