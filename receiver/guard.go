package receiver

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/extensionmiddleware"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/tap"

	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/local"
)

// sender is who sent a request.
type sender struct {
	name     string
	accounts []string  // [AnyAccount] alone is any
	maxRate  int       // records a second; 0 is no limit
	http     *exchange // nil over gRPC
}

// An exchange is a request over HTTP, whose bytes are taken from those in flight
// before it is decoded.
type exchange struct {
	decoded bool
}

// home is the account for what the sender sends for none of its accounts.
func (s sender) home() string {
	if s.accounts[0] == AnyAccount {
		return store.DefaultAccount
	}
	return s.accounts[0]
}

// Errors for senders; none says anything about who may send.
var (
	errNoToken    = errors.New("a sender token is needed: set the header `Authorization: Bearer TOKEN`")
	errBadToken   = errors.New("the bearer token is unknown, revoked or expired")
	errOwnerToken = errors.New("this is an owner's token, which reads and never writes: create one with `auditlog token create --kind sender`")
)

// senders knows who may send.
type senders struct {
	byToken       map[string]sender // by the hash of a bearer token
	byCertificate map[string]sender // by a name in a client certificate
	maxRate       int               // of those without one of their own
	installation  interface {
		Token(bearer string) (local.Token, bool)
	}
}

func newSenders(cfg Config, installation *store.Extension) *senders {
	s := &senders{byToken: map[string]sender{}, byCertificate: map[string]sender{}, maxRate: cfg.MaxRate, installation: installation}
	for _, c := range cfg.Senders {
		who := sender{name: c.Name, accounts: c.Accounts, maxRate: cmp.Or(c.MaxRate, cfg.MaxRate)}
		for _, hash := range c.TokenHashes {
			s.byToken[strings.ToLower(hash)] = who
		}
		for _, name := range c.Certificates {
			s.byCertificate[name] = who
		}
	}
	return s
}

// authenticate finds the sender of a request. A bearer token that is wrong is
// an error even where none would be needed.
func (s *senders) authenticate(authorization []string, state *tls.ConnectionState, remote net.Addr) (sender, error) {
	if len(authorization) > 0 {
		return s.byBearer(authorization)
	}
	if state != nil && len(state.VerifiedChains) > 0 {
		leaf := state.VerifiedChains[0][0]
		names := append([]string{leaf.Subject.CommonName}, leaf.DNSNames...)
		for _, uri := range leaf.URIs {
			names = append(names, uri.String())
		}
		for _, name := range names {
			if who, ok := s.byCertificate[name]; ok && name != "" {
				return who, nil
			}
		}
	}
	if len(s.byToken)+len(s.byCertificate) == 0 && isLoopback(remote) {
		// While no sender is configured, whoever is on this machine may send.
		return sender{name: store.AnonymousSender, accounts: []string{store.DefaultAccount}, maxRate: s.maxRate}, nil
	}
	return sender{}, errNoToken
}

func (s *senders) byBearer(authorization []string) (sender, error) {
	scheme, bearer, _ := strings.Cut(authorization[0], " ")
	if len(authorization) > 1 || !strings.EqualFold(scheme, "Bearer") || bearer == "" {
		return sender{}, errNoToken
	}
	bearer = strings.TrimSpace(bearer)
	if who, ok := s.byToken[local.HashToken(bearer)]; ok {
		return who, nil
	}
	token, ok := s.installation.Token(bearer)
	switch {
	case !ok:
		return sender{}, errBadToken
	case token.Kind != local.SenderToken:
		return sender{}, errOwnerToken
	}
	return sender{name: token.Name, accounts: token.Accounts, maxRate: s.maxRate}, nil
}

func isLoopback(a net.Addr) bool {
	if a == nil {
		return false
	}
	ap, err := netip.ParseAddrPort(a.String())
	return err == nil && ap.Addr().Unmap().IsLoopback()
}

type senderKey struct{}

func withSender(ctx context.Context, s sender) context.Context {
	return context.WithValue(ctx, senderKey{}, s)
}

func senderFrom(ctx context.Context) (sender, bool) {
	s, ok := ctx.Value(senderKey{}).(sender)
	return s, ok
}

// guard is the middleware that stands before the OTLP receiver on both
// protocols. It refuses who may not send before the request's body is read, and
// bodies that are nested too deeply before they are decoded.
type guard struct {
	component.StartFunc
	component.ShutdownFunc
	senders  *senders
	inFlight *shares
	metrics  *metrics
	origins  []string
}

var (
	_ extensionmiddleware.HTTPServer = (*guard)(nil)
	_ extensionmiddleware.GRPCServer = (*guard)(nil)
)

// GetGRPCServerOptions implements [extensionmiddleware.GRPCServer].
func (g *guard) GetGRPCServerOptions(context.Context) ([]grpc.ServerOption, error) {
	return []grpc.ServerOption{
		grpc.InTapHandle(g.tap),
		grpc.NumStreamWorkers(64),
		grpc.ForceServerCodecV2(codec{encoding.GetCodecV2("proto"), g.metrics}),
	}, nil
}

func (g *guard) tap(ctx context.Context, info *tap.Info) (context.Context, error) {
	var state *tls.ConnectionState
	var remote net.Addr
	if p, ok := peer.FromContext(ctx); ok {
		remote = p.Addr
		if info, ok := p.AuthInfo.(credentials.TLSInfo); ok {
			state = &info.State
		}
	}
	who, err := g.senders.authenticate(info.Header.Get("authorization"), state, remote)
	if err != nil {
		g.metrics.refused(ctx, "unauthenticated", "")
		return ctx, status.Error(codes.Unauthenticated, err.Error())
	}
	return withSender(ctx, who), nil
}

// codec checks the depth of a message before it is decoded: the decoder
// recurses, and a stack that grows too large ends the process.
type codec struct {
	encoding.CodecV2
	metrics *metrics
}

func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	buf := data.MaterializeToBuffer(mem.DefaultBufferPool())
	defer buf.Free()
	err := checkDepth(buf.ReadOnlyData())
	if err == nil {
		err = c.CodecV2.Unmarshal(mem.BufferSlice{buf}, v)
	}
	if err != nil {
		c.metrics.refused(context.Background(), "malformed", "")
	}
	return err
}

// GetHTTPHandler implements [extensionmiddleware.HTTPServer].
func (g *guard) GetHTTPHandler(context.Context) (extensionmiddleware.WrapHTTPHandlerFunc, error) {
	return func(_ context.Context, next http.Handler) (http.Handler, error) {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if origin := r.Header.Get("Origin"); origin != "" && !slices.Contains(g.origins, origin) {
				g.metrics.refused(r.Context(), "origin", "")
				writeStatus(w, r, http.StatusForbidden, codes.PermissionDenied, "this Origin is not listed in receiver.http.allowed_origins")
				return
			}
			who, err := g.senders.authenticate(r.Header.Values("Authorization"), r.TLS, httpPeer(r))
			if err != nil {
				g.metrics.refused(r.Context(), "unauthenticated", "")
				w.Header().Set("WWW-Authenticate", "Bearer")
				writeStatus(w, r, http.StatusUnauthorized, codes.Unauthenticated, err.Error())
				return
			}
			body := &admission{shares: g.inFlight, sender: who.name}
			defer body.leave()
			content, ok := g.checkBody(w, r, body)
			if !ok {
				return
			}
			who.http = &exchange{}
			answer := &answerWriter{ResponseWriter: w, request: r, body: content, exchange: who.http}
			next.ServeHTTP(answer, r.WithContext(withSender(r.Context(), who)))
			if answer.undecodable() {
				g.metrics.refused(r.Context(), "malformed", "")
			}
		}), nil
	}, nil
}

// answerWriter answers in place of the OTLP receiver where that could not decode
// JSON: it would quote what was sent, and SDKs write their answers into logs.
type answerWriter struct {
	http.ResponseWriter
	request  *http.Request
	body     []byte
	exchange *exchange
	status   int
	answered bool
}

func (w *answerWriter) WriteHeader(status int) {
	w.status = status
	if !w.undecodable() || status == http.StatusUnsupportedMediaType || contentType(w.request) != "application/json" {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	w.answered = true
	writeStatus(w.ResponseWriter, w.request, http.StatusBadRequest, codes.InvalidArgument, whyUndecodable(w.body))
}

func (w *answerWriter) Write(b []byte) (int, error) {
	if w.answered {
		return len(b), nil
	}
	return w.ResponseWriter.Write(b)
}

// undecodable says whether the OTLP receiver could not decode the request.
func (w *answerWriter) undecodable() bool {
	switch w.status {
	case http.StatusBadRequest, http.StatusUnsupportedMediaType, http.StatusInternalServerError:
		return !w.exchange.decoded
	}
	return false
}

type httpAddr string

func (httpAddr) Network() string  { return "tcp" }
func (a httpAddr) String() string { return string(a) }

func httpPeer(r *http.Request) net.Addr { return httpAddr(r.RemoteAddr) }
