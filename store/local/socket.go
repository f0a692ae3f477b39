package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
)

// maxSocketPath is the length in bytes that every kernel allows for the path of
// a unix socket.
const maxSocketPath = 100

// Listen listens on the directory's socket. Only its owner can connect: the
// directory has mode 0700, the socket 0600. A socket that a killed process left
// is replaced, which the lock makes safe.
func (d *Dir) Listen() (net.Listener, error) {
	path, release, err := socketPath(d.path)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		release()
		return nil, fmt.Errorf("control socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		release()
		return nil, fmt.Errorf("control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		release()
		return nil, fmt.Errorf("control socket: %w", err)
	}
	return &listener{Listener: l, release: release}, nil
}

type listener struct {
	net.Listener
	release func()
}

func (l *listener) Close() error {
	defer l.release()
	return l.Listener.Close()
}

// Client returns an HTTP client for the server that runs on the directory at
// path; its requests go to the socket whatever host they name. It returns
// [fs.ErrNotExist] where there is no socket.
func Client(path string) (*http.Client, error) {
	if _, err := os.Stat(filepath.Join(path, socketFile)); err != nil {
		return nil, err
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		socket, release, err := socketPath(path)
		if err != nil {
			return nil, err
		}
		defer release()
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}
	return &http.Client{Transport: &http.Transport{DialContext: dial}}, nil
}

// socketPath returns a path of the socket that is short enough for the kernel.
func socketPath(dir string) (path string, release func(), err error) {
	path = filepath.Join(dir, socketFile)
	if len(path) <= maxSocketPath {
		return path, func() {}, nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return "", nil, fmt.Errorf("control socket: %w", err)
	}
	short := "/proc/self/fd/" + strconv.Itoa(int(f.Fd()))
	if _, err := os.Stat(short); err != nil {
		f.Close()
		return "", nil, fmt.Errorf("store.path %q is too long: the socket in it may have %d bytes here", dir, maxSocketPath)
	}
	return filepath.Join(short, socketFile), func() { f.Close() }, nil
}
