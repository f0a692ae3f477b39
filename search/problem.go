package search

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/auditlog/auditlog/store"
)

// problem is an answer of RFC 9457, and the error that becomes one.
type problem struct {
	Type       string        `json:"type"`
	Title      string        `json:"title"`
	Status     int           `json:"status"`
	Detail     string        `json:"detail,omitempty"`
	Parameter  string        `json:"parameter,omitempty"`
	retryAfter time.Duration // 0: no such header
}

func (p *problem) Error() string { return p.Detail }

func newProblem(status int, format string, args ...any) *problem {
	return &problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: fmt.Sprintf(format, args...)}
}

// badParameter says what is wrong with a parameter of the query.
func badParameter(name, format string, args ...any) *problem {
	p := newProblem(http.StatusBadRequest, "%s: %s", name, fmt.Sprintf(format, args...))
	p.Parameter = name
	return p
}

// asProblem gives every error its answer. Errors of the store are not told to
// the caller: they name files.
func asProblem(err error) *problem {
	var p *problem
	switch {
	case errors.As(err, &p):
		return p
	case errors.Is(err, store.ErrNotFound):
		return newProblem(http.StatusNotFound, "There is no such event in your accounts.")
	case errors.Is(err, store.ErrForbidden):
		return newProblem(http.StatusForbidden, "This is for the owner of the account only.")
	case errors.Is(err, store.ErrUnavailable):
		p = newProblem(http.StatusServiceUnavailable, "The store cannot answer now. The server's log says why.")
		if errors.Is(err, errUnrecorded) {
			p = newProblem(http.StatusServiceUnavailable, "Each read is recorded before it is answered. Nothing can be recorded now, so that nothing is shown. `auditlog status` and the server's log say why.")
		}
		p.retryAfter = 5 * time.Second
		return p
	default:
		return newProblem(http.StatusInternalServerError, "The store could not answer. The server's log says why.")
	}
}

func (p *problem) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int((p.retryAfter+time.Second-1)/time.Second)))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="auditlog"`)
	}
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p)
}
