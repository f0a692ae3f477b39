// faulting kills, floods and wears out a real auditlog, and looks whether it
// kept its promises. bench/faults builds what it needs and runs it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/auditlog/auditlog/internal/loopback"
)

var (
	auditlog = flag.String("auditlog", "", "the program")
	loadgen  = flag.String("loadgen", "", "the load generator")
)

func main() {
	log.SetFlags(0)
	flag.Parse()
	commands := map[string]func([]string) error{"kill": kill, "overload": overload, "soak": soak}
	run := commands[flag.Arg(0)]
	if run == nil {
		log.Fatal("usage: faulting -auditlog FILE -loadgen FILE kill|overload|soak [options]")
	}
	if err := run(flag.Args()[1:]); err != nil {
		log.Fatalf("FAILED: %v", err)
	}
}

// An installation is a directory with a configuration.
type installation struct {
	dir, grpc string
	elastic   string // URL of the cluster; "" is the embedded store
}

// install writes a configuration with settings of the receiver besides the
// endpoints, and with the embedded store, or the cluster at a URL.
func install(dir, receiver, elastic string) (*installation, error) {
	ports, err := loopback.Free(3)
	if err != nil {
		return nil, err
	}
	i := &installation{dir: dir, grpc: ports[0], elastic: elastic}
	cluster := ""
	if elastic != "" {
		cluster = fmt.Sprintf(", elasticsearch: {urls: [%q], replicas: 0}", elastic)
	}
	config := fmt.Sprintf(`receiver: {grpc: {endpoint: %q}, http: {endpoint: %q}%s}
store: {path: %q%s}
search: {endpoint: %q}
telemetry: {metrics: {endpoint: ""}, health: {endpoint: ""}}
`, ports[0], ports[1], receiver, filepath.Join(dir, "data"), cluster, ports[2])
	return i, os.WriteFile(filepath.Join(dir, "auditlog.yaml"), []byte(config), 0o600)
}

// start starts the program; its output goes to a file.
func (i *installation) start() (*exec.Cmd, error) {
	out, err := os.OpenFile(filepath.Join(i.dir, "auditlog.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.Command(*auditlog, "--config", filepath.Join(i.dir, "auditlog.yaml"))
	cmd.Stdout, cmd.Stderr = out, out
	return cmd, cmd.Start()
}

// serve starts the program and waits until it takes events.
func (i *installation) serve() (*exec.Cmd, error) {
	cmd, err := i.start()
	if err != nil {
		return nil, err
	}
	return cmd, i.awaitReady()
}

// awaitReady waits until the program listens.
func (i *installation) awaitReady() error {
	for range 1000 {
		conn, err := net.Dial("tcp", i.grpc)
		if err == nil {
			return conn.Close()
		}
		time.Sleep(20 * time.Millisecond)
	}
	return errors.New("auditlog does not listen; see its log in " + i.dir)
}

// stop ends a process that we started, and waits for it.
func stop(cmd *exec.Cmd) error {
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	return cmd.Wait()
}

// load starts the generator; its report goes to a file of the name.
func (i *installation) load(name string, args ...string) (*exec.Cmd, error) {
	out, err := os.Create(filepath.Join(i.dir, name))
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.Command(*loadgen, append([]string{"-endpoint", i.grpc}, args...)...)
	cmd.Stdout, cmd.Stderr = out, os.Stderr
	return cmd, cmd.Start()
}
