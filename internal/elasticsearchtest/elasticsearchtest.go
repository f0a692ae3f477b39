// Package elasticsearchtest starts real Elasticsearch nodes for tests. Its README
// says what they lack.
package elasticsearchtest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// URL is the environment variable that names a cluster for the tests, without
// security. Where it is not set, each test binary starts a node of its own.
const URL = "TEST_ELASTICSEARCH_URL"

const patience = 6 * time.Minute // longest that a node may take to answer

var shared struct {
	sync.Mutex
	node *Node
	err  error
}

// Shared returns the URL of a node that all tests of the binary share: they keep
// apart by the names of their indices. [Main] ends it.
func Shared(t testing.TB) string {
	t.Helper()
	if given := os.Getenv(URL); given != "" {
		return strings.TrimSuffix(given, "/")
	}
	shared.Lock()
	defer shared.Unlock()
	if shared.node == nil && shared.err == nil {
		shared.node, shared.err = Launch(Options{})
	}
	if shared.err != nil {
		missing(t, shared.err)
	}
	return shared.node.URL
}

// Main runs the tests of a binary, and ends the shared node after them. leaked
// is asked when that is done, unless the tests failed.
func Main(m *testing.M, leaked func() error) {
	code := m.Run()
	if shared.node != nil {
		shared.node.Remove()
	}
	if err := leaked(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// missing skips the test for what this machine lacks. On CI nothing may be.
func missing(t testing.TB, err error) {
	t.Helper()
	if err == nil {
		return
	}
	if os.Getenv("CI") == "true" || !errors.Is(err, exec.ErrNotFound) {
		t.Fatal(err)
	}
	t.Skip(err)
}

// Options say how a node differs from the plain one.
type Options struct {
	Security *Security // TLS and authentication; nil is neither
	Nodes    int       // of the cluster; 0 is one
	Java     string    // options of the server's Java; "" is a small one that starts quickly
}

// A Node is one Elasticsearch process.
type Node struct {
	URL string

	name     string
	dir      string // settings, data, logs
	port     int
	client   *http.Client
	security *Security
	settings string // further lines of elasticsearch.yml
	java     string
	cmd      *exec.Cmd
	output   *bytes.Buffer
	ended    chan struct{}
}

// Start starts a node of the test's own, which ends with the test.
func Start(t testing.TB, o Options) *Node {
	t.Helper()
	n, err := Launch(o)
	if err != nil {
		missing(t, err)
	}
	t.Cleanup(n.Remove)
	return n
}

// StartCluster starts a cluster of o.Nodes nodes, which end with the test.
func StartCluster(t testing.TB, o Options) []*Node {
	t.Helper()
	var nodes []*Node
	var names, seeds []string
	for i := range max(o.Nodes, 1) {
		n, err := prepare(fmt.Sprintf("n%d", i+1), o.Security)
		missing(t, err)
		t.Cleanup(n.Remove)
		transport, err := freePort()
		require.NoError(t, err)
		n.settings = fmt.Sprintf("transport.port: %d\n", transport)
		nodes, names = append(nodes, n), append(names, n.name)
		seeds = append(seeds, fmt.Sprintf("127.0.0.1:%d", transport))
	}
	for _, n := range nodes {
		n.settings += fmt.Sprintf("cluster.initial_master_nodes: [%s]\ndiscovery.seed_hosts: [%s]\n", strings.Join(names, ","), strings.Join(seeds, ","))
		require.NoError(t, n.run())
	}
	for _, n := range nodes {
		require.NoError(t, n.wait())
	}
	return nodes
}

// Launch starts a node for a program that is no test, which calls [Node.Remove] in
// the end.
func Launch(o Options) (*Node, error) {
	n, err := prepare("n1", o.Security)
	if err != nil {
		return nil, err
	}
	n.java, n.settings = o.Java, "discovery.type: single-node\ntransport.port: 0\n"
	if err := n.run(); err != nil {
		n.Remove()
		return nil, err
	}
	if err := n.wait(); err != nil {
		n.Remove()
		return nil, err
	}
	return n, nil
}

// prepare makes the directory of a node, with its settings but for n.settings.
func prepare(name string, security *Security) (_ *Node, err error) {
	home, err := install()
	if err != nil {
		return nil, err
	}
	n := &Node{name: name, security: security}
	if n.port, err = freePort(); err != nil {
		return nil, err
	}
	if n.dir, err = os.MkdirTemp("", "auditlog-elasticsearch-"); err != nil {
		return nil, err
	}
	scheme := "http"
	n.client = &http.Client{Transport: &http.Transport{}}
	if security != nil {
		scheme = "https"
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(security.CA)
		n.client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: security.clientCertificates()}}
	}
	n.URL = fmt.Sprintf("%s://127.0.0.1:%d", scheme, n.port)
	if err := os.Mkdir(filepath.Join(n.dir, "tmp"), 0o755); err != nil {
		return nil, err
	}
	if err := os.CopyFS(filepath.Join(n.dir, "config"), os.DirFS(filepath.Join(home, "config"))); err != nil {
		return nil, err
	}
	return n, nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func (n *Node) configure() error {
	text := fmt.Sprintf(`cluster.name: auditlog-tests
node.name: %s
network.host: 127.0.0.1
http.port: %d
path.data: %s
path.logs: %s
indices.lifecycle.poll_interval: 1s
cluster.routing.allocation.disk.threshold_enabled: false
cluster.max_shards_per_node: 5000
cluster.fault_detection.leader_check.interval: 1s
cluster.fault_detection.follower_check.interval: 1s
xpack.security.enabled: %t
%s`, n.name, n.port, n.Data(), filepath.Join(n.dir, "logs"), n.security != nil, n.settings)
	config := filepath.Join(n.dir, "config")
	if n.security != nil {
		more, err := n.security.write(config)
		if err != nil {
			return err
		}
		text += more
	}
	if err := os.WriteFile(filepath.Join(config, "elasticsearch.yml"), []byte(text), 0o644); err != nil {
		return err
	}
	return nil
}

// run starts the process. It ends with the test binary, however that ends: the
// launcher gets the signal, and the server sees the launcher's end.
func (n *Node) run() error {
	home, err := install()
	if err != nil {
		return err
	}
	if err := n.configure(); err != nil {
		return err
	}
	n.cmd = exec.Command(filepath.Join(home, "bin", "elasticsearch"), "-p", filepath.Join(n.dir, "pid"))
	n.cmd.Dir = n.dir
	n.cmd.Env = append(os.Environ(), "ES_PATH_CONF="+filepath.Join(n.dir, "config"), "ES_JAVA_HOME="+javaHome(),
		"ES_JAVA_OPTS="+cmp.Or(n.java, "-Xms512m -Xmx512m -XX:TieredStopAtLevel=1"), "ES_TMPDIR="+filepath.Join(n.dir, "tmp"), "CLI_JAVA_OPTS=-Xms16m -Xmx64m -XX:TieredStopAtLevel=1")
	n.output = new(bytes.Buffer)
	n.cmd.Stdout, n.cmd.Stderr = n.output, n.output
	n.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(n.cmd.SysProcAttr)
	if os.Getuid() == 0 { // Elasticsearch refuses to run as root
		id, err := unprivileged()
		if err != nil {
			return err
		}
		n.cmd.SysProcAttr.Credential = id
		if err := chown(n.dir, id); err != nil {
			return err
		}
	}
	if err := n.cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	n.ended = ended
	go func(cmd *exec.Cmd) {
		cmd.Wait()
		close(ended)
	}(n.cmd)
	return nil
}

func unprivileged() (*syscall.Credential, error) {
	u, err := user.Lookup("nobody")
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
}

func chown(dir string, id *syscall.Credential) error {
	return filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, int(id.Uid), int(id.Gid))
	})
}

// wait waits until the node is part of a cluster with a master.
func (n *Node) wait() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		status, _, err := n.request(ctx, http.MethodGet, "/_cluster/health?master_timeout=1s&timeout=1s", nil)
		if err == nil && status == http.StatusOK {
			return nil
		}
		select {
		case <-n.ended:
			return fmt.Errorf("elasticsearch ended: %s", n.lastLog())
		case <-ctx.Done():
			return fmt.Errorf("elasticsearch does not answer: %d %v\n%s", status, err, n.lastLog())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (n *Node) lastLog() string {
	text, err := os.ReadFile(filepath.Join(n.dir, "logs", "auditlog-tests.log"))
	if err != nil {
		text = n.output.Bytes() // it never came as far
	}
	return string(text[max(0, len(text)-4000):])
}

// Name is the node's in its cluster.
func (n *Node) Name() string { return n.name }

// PID is the server's process.
func (n *Node) PID() (int, error) {
	text, err := os.ReadFile(filepath.Join(n.dir, "pid"))
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

// Data is the directory of what the server keeps.
func (n *Node) Data() string { return filepath.Join(n.dir, "data") }

// Kill ends the server at once, as a crash would, and waits for its end.
func (n *Node) Kill(t testing.TB) {
	t.Helper()
	pid, err := n.PID()
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	<-n.ended
}

// Again starts a node that was killed, with its data, at the same URL.
func (n *Node) Again(t testing.TB) {
	t.Helper()
	require.NoError(t, n.run())
	require.NoError(t, n.wait())
}

// Remove ends the process and removes its directory.
func (n *Node) Remove() {
	if n.cmd != nil && n.cmd.Process != nil {
		syscall.Kill(-n.cmd.Process.Pid, syscall.SIGKILL)
		<-n.ended
	}
	n.client.CloseIdleConnections()
	os.RemoveAll(n.dir)
}

func (n *Node) request(ctx context.Context, method, path string, body []byte) (int, []byte, error) {
	return request(ctx, n.client, n.URL, n.security, method, path, body)
}

// Ask sends a request with a JSON body, or none, and decodes the answer into
// answer, unless that is nil. A status from 300 on is an error.
func (n *Node) Ask(ctx context.Context, method, path string, body []byte, answer any) error {
	status, text, err := n.request(ctx, method, path, body)
	switch {
	case err != nil:
		return err
	case status >= 300:
		return fmt.Errorf("%s %s: %d %s", method, path, status, text[:min(len(text), 2000)])
	case answer == nil:
		return nil
	}
	return json.Unmarshal(text, answer)
}

// Do is [Node.Ask] for tests: an error ends the test, and a status does not. It
// returns the status.
func (n *Node) Do(t testing.TB, method, path, body string, answer any) int {
	t.Helper()
	status, text, err := n.request(context.Background(), method, path, []byte(body))
	require.NoError(t, err)
	decode(t, text, answer)
	return status
}

// Do is [Node.Do] for the node at a URL without security.
func Do(t testing.TB, node, method, path, body string, answer any) int {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	status, text, err := request(context.Background(), client, node, nil, method, path, []byte(body))
	require.NoError(t, err)
	decode(t, text, answer)
	return status
}

func decode(t testing.TB, text []byte, answer any) {
	t.Helper()
	if answer != nil {
		require.NoError(t, json.Unmarshal(text, answer), string(text))
	}
}

func request(ctx context.Context, client *http.Client, node string, security *Security, method, path string, body []byte) (int, []byte, error) {
	target, err := url.JoinPath(node, "/")
	if err != nil {
		return 0, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(target, "/")+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if len(body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	if security != nil {
		req.SetBasicAuth(Admin, AdminPassword)
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, text, err
}
