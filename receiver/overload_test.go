package receiver_test

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/auditlog/auditlog/receiver"
)

const mib = 1 << 20

func twoSenders(rate int) []receiver.SenderConfig {
	return []receiver.SenderConfig{
		{Name: "flood", TokenHashes: []string{hashOf("flood")}, Accounts: []string{"a"}, MaxRate: rate},
		{Name: "calm", TokenHashes: []string{hashOf("calm")}, Accounts: []string{"b"}},
	}
}

// sized is a request of about n bytes.
func sized(n int) plog.Logs {
	l := logs()
	for ; n > 0; n -= mib / 2 {
		record("user.name", strings.Repeat("x", min(n, mib/2)))(l.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().AppendEmpty())
	}
	return l
}

// requireTryAgain fails where a refusal does not tell the sender to come again.
func requireTryAgain(t *testing.T, err error) time.Duration {
	t.Helper()
	st := status.Convert(err)
	require.Equal(t, codes.Unavailable, st.Code(), "%v", err)
	require.Len(t, st.Details(), 1)
	return st.Details()[0].(*errdetails.RetryInfo).RetryDelay.AsDuration()
}

func TestFloodStopsOnlyItself(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	s := start(t, func(c *receiver.Config) {
		c.MaxRequestSize, c.MaxInFlight, c.Senders = 4*mib, 8*mib, twoSenders(0)
	})
	s.before = func() { entered <- struct{}{}; <-leave }

	var flood sync.WaitGroup
	for range 2 { // 4 of 8 MiB
		flood.Go(func() { require.NoError(t, s.sendGRPC(t, "flood", sized(19*mib/10))) })
		<-entered
	}
	require.Positive(t, requireTryAgain(t, s.sendGRPC(t, "flood", sized(mib/2))), "half of all is what one may hold")
	resp, answer := s.sendHTTP(t, bearer("flood"), "application/x-protobuf", encode(t, sized(mib/2)))
	require.Equal(t, http.StatusServiceUnavailable, resp.StatusCode, answer)
	require.Equal(t, "2", resp.Header.Get("Retry-After"))

	flood.Go(func() { require.NoError(t, s.sendGRPC(t, "calm", sized(mib))) })
	<-entered // the other sender has its part
	close(leave)
	flood.Wait()
	s.before = nil
	require.NoError(t, s.sendGRPC(t, "flood", sized(2*mib)), "what was answered is free again")
}

// slow is a body that has sent some bytes and comes to no end.
type slow struct {
	io.Reader
	more chan struct{}
}

func (s slow) Read(p []byte) (int, error) {
	if n, err := s.Reader.Read(p); n > 0 || err == nil {
		return n, nil
	}
	<-s.more
	return 0, io.EOF
}

func TestHalfSentBodiesCount(t *testing.T) {
	s := start(t, func(c *receiver.Config) {
		c.MaxRequestSize, c.MaxInFlight, c.Senders = 4*mib, 8*mib, twoSenders(0)
	})
	body := encode(t, sized(7*mib/2))
	more := make(chan struct{})
	var pending sync.WaitGroup
	pending.Go(func() {
		for { // again where one of the requests below was first
			req, err := http.NewRequest(http.MethodPost, "http://"+s.http+"/v1/logs", slow{bytes.NewReader(body), more})
			require.NoError(t, err)
			req.Header = bearer("flood")
			req.Header.Set("Content-Type", "application/x-protobuf")
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				continue // it was refused while it was still being sent
			}
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
			require.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
		}
	})
	require.Eventually(t, func() bool {
		resp, _ := s.sendHTTP(t, bearer("flood"), "application/x-protobuf", encode(t, sized(mib)))
		return resp.StatusCode == http.StatusServiceUnavailable
	}, 30*time.Second, 10*time.Millisecond)
	resp, answer := s.sendHTTP(t, bearer("calm"), "application/x-protobuf", encode(t, sized(mib)))
	require.Equal(t, http.StatusOK, resp.StatusCode, answer)
	close(more)
	pending.Wait()
}

func TestRates(t *testing.T) {
	for protocol, send := range map[string]func(*server, string, plog.Logs) time.Duration{
		"grpc": func(s *server, token string, l plog.Logs) time.Duration {
			if err := s.sendGRPC(t, token, l); err != nil {
				return requireTryAgain(t, err)
			}
			return 0
		},
		"http": func(s *server, token string, l plog.Logs) time.Duration {
			resp, answer := s.sendHTTP(t, bearer(token), "application/x-protobuf", encode(t, l))
			if resp.StatusCode == http.StatusOK {
				return 0
			}
			require.Equal(t, http.StatusServiceUnavailable, resp.StatusCode, answer)
			seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
			require.NoError(t, err)
			return time.Duration(seconds) * time.Second
		},
	} {
		t.Run(protocol, func(t *testing.T) {
			s := start(t, func(c *receiver.Config) { c.Senders = twoSenders(1) })
			some := func(n int) plog.Logs {
				l := logs()
				for range n {
					record("user.name", "ana")(l.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().AppendEmpty())
				}
				return l
			}
			require.Zero(t, send(s, "flood", some(9)), "ten seconds' worth after a quiet time")
			require.GreaterOrEqual(t, send(s, "flood", some(9)), 2*time.Second)
			require.GreaterOrEqual(t, send(s, "flood", some(1000)), 2*time.Second)
			require.Zero(t, send(s, "calm", some(1000)), "has no rate")
			require.Len(t, s.received(), 1009, "what was refused is not in")

			s = start(t, func(c *receiver.Config) { c.MaxRate, c.Senders = 2, twoSenders(0) })
			require.Zero(t, send(s, "calm", some(1000)), "more than a burst after a quiet time")
			require.GreaterOrEqual(t, send(s, "calm", some(20)), 2*time.Second)
			require.Zero(t, send(s, "flood", some(20)), "each sender has a rate of its own")
		})
	}
}
