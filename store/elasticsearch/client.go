package elasticsearch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"
	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/auditlog/auditlog/internal/loopback"
	"github.com/auditlog/auditlog/store"
)

const maxAnswer = 256 << 20 // bytes of one answer that are read

// A client sends requests to the cluster, with failover between its nodes.
type client struct {
	transport *elastictransport.Client
	http      *http.Transport
	timeout   time.Duration

	compressed bool // whether requests and answers are
}

func newClient(c store.ElasticsearchConfig) (*client, error) {
	urls, err := nodes(c)
	if err != nil {
		return nil, err
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = c.Concurrency + 4
	t.DisableCompression = !compressed(c.Compression, urls)
	if t.TLSClientConfig, err = tlsConfig(c.TLS); err != nil {
		return nil, err
	}
	apiKey, err := secret("api_key_file", c.APIKeyFile)
	if err != nil {
		return nil, err
	}
	password, err := secret("password_file", c.PasswordFile)
	if err != nil {
		return nil, err
	}
	options := []elastictransport.Option{
		elastictransport.WithURLs(urls...), elastictransport.WithTransport(t), elastictransport.WithUserAgent(store.Own),
		elastictransport.WithRetry(max(len(urls)-1, 1), http.StatusBadGateway),
		elastictransport.WithRetryOnError(func(r *http.Request, err error) bool { return r.Context().Err() == nil }),
	}
	if apiKey != "" {
		options = append(options, elastictransport.WithAPIKey(apiKey))
	}
	if c.Username != "" {
		options = append(options, elastictransport.WithBasicAuth(c.Username, password))
	}
	transport, err := elastictransport.NewClient(options...)
	if err != nil {
		return nil, err
	}
	return &client{transport: transport, http: t, timeout: c.Timeout, compressed: !t.DisableCompression}, nil
}

// compressed reports whether requests and answers are. On this machine compression
// saves nothing, and costs both sides.
func compressed(setting string, urls []*url.URL) bool {
	return setting == "gzip" || setting != "none" && slices.ContainsFunc(urls, func(u *url.URL) bool {
		return !loopback.Host(u.Hostname())
	})
}

// secret reads what a file holds, if one is named.
func secret(setting, path string) (string, error) {
	if path == "" {
		return "", nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("`elasticsearch.%s`: %w", setting, err)
	}
	return strings.TrimRight(string(text), "\r\n"), nil
}

func nodes(c store.ElasticsearchConfig) (urls []*url.URL, err error) {
	list := c.URLs
	if c.CloudID != "" {
		address, err := cloudURL(c.CloudID)
		if err != nil {
			return nil, err
		}
		list = append(list, address)
	}
	for _, text := range list {
		u, err := url.Parse(strings.TrimSuffix(text, "/"))
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, fmt.Errorf("`elasticsearch.urls`: %q is no http:// or https:// URL", text)
		}
		urls = append(urls, u)
	}
	return urls, nil
}

// cloudURL reads a cloud id: a name, a colon, and in base64 the domain, a dollar
// sign and the cluster's id.
func cloudURL(id string) (string, error) {
	_, encoded, _ := strings.Cut(id, ":")
	decoded, err := base64.StdEncoding.DecodeString(encoded)
	parts := strings.Split(string(decoded), "$")
	if err != nil || len(parts) < 2 || parts[0] == "" || parts[1] == "" {
		return "", errors.New("`elasticsearch.cloud_id` is no cloud id: copy it whole from the deployment's page")
	}
	host, port, found := strings.Cut(parts[0], ":")
	if !found {
		port = "443"
	}
	return "https://" + parts[1] + "." + host + ":" + port, nil
}

func tlsConfig(c store.ElasticsearchTLS) (*tls.Config, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("`elasticsearch.tls.ca_file`: %w", err)
		}
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New("`elasticsearch.tls.ca_file` holds no certificate in PEM form")
		}
	}
	if c.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("`elasticsearch.tls.cert_file`: %w", err)
		}
		t.Certificates = []tls.Certificate{pair}
	}
	return t, nil
}

// close ends the connections, and what waits to try again a node that was away.
func (c *client) close() error {
	err := c.transport.Close(context.Background()) // it waits for nothing but that
	c.http.CloseIdleConnections()
	return err
}

// A request is one of package esapi.
type request interface {
	Do(ctx context.Context, transport esapi.Transport) (*esapi.Response, error)
}

// Error is what the cluster answered instead of what was asked for.
type Error struct {
	Status int    // of HTTP
	Type   string // such as index_not_found_exception; "" if the answer was not Elasticsearch's
	Reason string
}

func (e *Error) Error() string {
	if e.Type == "" {
		return fmt.Sprintf("HTTP status %d, and not from Elasticsearch: %s", e.Status, e.Reason)
	}
	return fmt.Sprintf("%s (HTTP status %d): %s", e.Type, e.Status, e.Reason)
}

func isStatus(err error, status int) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Status == status
}

// do sends a request and decodes its answer, unless answer is nil. A status from
// 400 on is an [*Error]; what is no JSON, or not whole, is an error too.
func (c *client) do(ctx context.Context, r request, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	resp, err := r.Do(ctx, c.transport)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	isJSON := kind == "application/json" || kind == "application/vnd.elasticsearch+json"
	switch {
	case resp.StatusCode >= 400:
		return answeredError(resp.StatusCode, body, isJSON)
	case !isJSON:
		return &Error{Status: resp.StatusCode, Reason: fmt.Sprintf("the answer is %q, not JSON", kind)}
	case answer == nil:
		return nil
	}
	if err := json.Unmarshal(body, answer); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}

func answeredError(status int, body []byte, isJSON bool) error {
	e := &Error{Status: status, Reason: http.StatusText(status)}
	var answer struct {
		Error json.RawMessage
		Found *bool
	}
	if !isJSON || json.Unmarshal(body, &answer) != nil {
		return e
	}
	var cause itemError
	switch {
	case json.Unmarshal(answer.Error, &cause) == nil:
		e.Type, e.Reason = cause.Type, cause.Reason
	case answer.Found != nil || len(answer.Error) > 0 || status == http.StatusNotFound:
		e.Type = "not_found"
	}
	return e
}

type itemError struct {
	Type   string
	Reason string
}

// unavailable wraps an error for callers that may try again.
func unavailable(doing string, err error) error {
	if err == nil || errors.Is(err, store.ErrUnavailable) {
		return err
	}
	return fmt.Errorf("%w: %s: %w", store.ErrUnavailable, doing, err)
}
