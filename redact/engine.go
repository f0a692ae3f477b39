// Package redact removes secrets, and the contents of monitored systems, from
// values, texts and structures of any depth.
//
// It does no input or output. It fails closed: what it cannot parse, what
// exceeds a limit and what makes a rule panic is replaced, never passed. Its
// cost is linear in the length of what it reads, with a fixed number of
// decodings; regular expressions come only from the configuration.
package redact

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// How much of a request may be stored.
const (
	RequestFull = "full" // keys and short harmless values
	RequestKeys = "keys" // keys only
	RequestNone = "none" // nothing
)

// DefaultMaxRequest is the length of a request summary in bytes, unless
// configured otherwise.
const DefaultMaxRequest = 8192

// A Pattern is a rule of the user: what Expression (RE2) finds is replaced.
type Pattern struct {
	Name       string
	Expression string
}

// Config is what a user can choose. The zero value is the default.
type Config struct {
	Request    string    // RequestFull (default), RequestKeys or RequestNone
	MaxRequest int       // bytes of a request summary; 0 is DefaultMaxRequest
	Keys       []string  // further names of secrets, in any spelling
	AllowKeys  []string  // names that only sound like secrets, in any spelling
	Patterns   []Pattern // further values

	AllowValues []string // values that stay though a rule of form would take them; not under the name of a secret
	Fields      []Policy // what becomes of single fields; for callers that ask, see [Pass.Apply]

	Key          Key  // for fingerprints and hashes
	Fingerprints bool // whether removed values are remembered, see [Pass.Removed]
}

// A Finding says what was redacted: where and by which rule, never the value.
type Finding struct{ Path, Rule string }

// String returns the finding as "path: rule".
func (f Finding) String() string { return f.Path + ": " + f.Rule }

// An Engine holds the rules. It is safe for concurrent use.
type Engine struct {
	request    string
	maxRequest int
	keys       map[string]bool
	allowKeys  map[string]bool
	patterns   []pattern
	rules      map[string]bool
	allowed    map[string]bool   // values
	policies   map[string]string // by field

	key          Key
	fingerprints bool

	literals *matcher
	passes   sync.Pool
}

type pattern struct {
	name string
	expr *regexp.Regexp
}

// Limits of what is read. What exceeds them is replaced, or left out behind what is read.
const (
	maxName     = 256      // bytes of the name of a value
	maxDocument = 1 << 20  // bytes of JSON, or of a request in parts
	maxText     = 32 << 10 // bytes of one text, and of one value in a document
	maxTail     = 8 << 10  // bytes of a longer text that are read, and show only where a secret ends
	maxDepth    = 32       // nesting of objects and arrays
	maxDecode   = 6        // encodings around one another
	maxMessage  = 1024     // bytes of a message
)

// New makes an engine. Its error names every rule that is wrong.
func New(c Config) (*Engine, error) {
	e := &Engine{
		request:    c.Request,
		maxRequest: c.MaxRequest,
		keys:       map[string]bool{},
		allowKeys:  map[string]bool{},
		rules:      map[string]bool{},
		allowed:    map[string]bool{},
		policies:   map[string]string{},

		key: c.Key, fingerprints: c.Fingerprints,

		literals: literals,
	}
	var errs []error
	switch e.request {
	case "":
		e.request = RequestFull
	case RequestFull, RequestKeys, RequestNone:
	default:
		errs = append(errs, fmt.Errorf("request: %q is none of %s, %s, %s", c.Request, RequestFull, RequestKeys, RequestNone))
	}
	if e.maxRequest == 0 {
		e.maxRequest = DefaultMaxRequest
	}
	if e.maxRequest < 64 {
		errs = append(errs, fmt.Errorf("max_request_size: %d is less than 64 bytes", c.MaxRequest))
	}
	errs = append(errs, names(e.keys, "keys", c.Keys), names(e.allowKeys, "allow_keys", c.AllowKeys))
	for k := range e.keys {
		if e.allowKeys[k] {
			errs = append(errs, fmt.Errorf("allow_keys: %q is among the keys too", k))
		}
	}
	for _, r := range ruleNames {
		e.rules[r] = true
	}
	errs = append(errs, e.addPatterns(c.Patterns), e.addPolicies(c.Fields, c.Key))
	for i, v := range c.AllowValues {
		if e.allowed[v] = true; strings.TrimSpace(v) == "" {
			errs = append(errs, fmt.Errorf("allow_values[%d]: is empty", i))
		}
	}
	if c.Fingerprints && len(c.Key) < minKey {
		errs = append(errs, errors.New("fingerprints: need a key"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	e.passes.New = func() any { return &Pass{e: e, traits: new(traits), clean: new(texts), requests: new(texts)} }
	return e, nil
}

func names(into map[string]bool, setting string, list []string) error {
	var errs []error
	for i, name := range list {
		joined := strings.Join(words(name, nil), "")
		if joined == "" || len(name) > maxName {
			errs = append(errs, fmt.Errorf("%s[%d]: %q is no name", setting, i, name))
			continue
		}
		into[joined] = true
	}
	return errors.Join(errs...)
}

var patternName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)

func (e *Engine) addPatterns(list []Pattern) error {
	var errs []error
	for i, p := range list {
		where := fmt.Sprintf("patterns[%d] %q", i, p.Name)
		switch {
		case !patternName.MatchString(p.Name):
			errs = append(errs, fmt.Errorf("%s: the name must be lower-case letters, digits, - and _, at most 40", where))
			continue
		case e.rules[p.Name]:
			errs = append(errs, fmt.Errorf("%s: the name is taken", where))
			continue
		}
		e.rules[p.Name] = true
		expr, err := regexp.Compile(p.Expression)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("%s: %w", where, err))
		case expr.MatchString(""):
			errs = append(errs, fmt.Errorf("%s: the expression matches the empty text, so it would replace everything", where))
		default:
			e.patterns = append(e.patterns, pattern{p.Name, expr})
		}
	}
	return errors.Join(errs...)
}

// A Pass redacts the values of one record and collects what it did. It is not
// safe for concurrent use.
type Pass struct {
	e       *Engine
	found   []Finding
	removed []string // secrets of chance, to be fingerprinted
	path    []string
	method  string // what the request calls, if it is known from elsewhere
	nodes   []node
	buf     []byte

	traits   *traits // what names seen lately say
	clean    *texts  // values of fields seen lately in which nothing was found
	requests *texts  // values in requests seen lately in which nothing was found
}

// Begin starts a pass. End gives it back.
func (e *Engine) Begin() *Pass {
	p := e.passes.Get().(*Pass)
	p.found, p.removed, p.path = nil, nil, p.path[:0]
	return p
}

// End ends the pass. Nothing of p may be used any more, but its findings may.
func (p *Pass) End() {
	clear(p.path)
	p.path = p.path[:0]
	p.found, p.removed, p.method = nil, nil, ""
	if cap(p.nodes) > 1<<14 {
		p.nodes = nil
	}
	p.nodes = p.nodes[:0]
	if cap(p.buf) > 1<<16 {
		p.buf = nil
	}
	p.e.passes.Put(p)
}

// Next goes on with another record, whose findings are its own.
func (p *Pass) Next() {
	p.found, p.removed, p.path, p.method = p.found[:0], p.removed[:0], p.path[:0], ""
}

// Calls says which method the requests of the record call, up to Next: the arguments of a
// login are secrets. The method of HTTP is none.
func (p *Pass) Calls(method string) {
	if len(method) <= 64 && method != strings.ToUpper(method) {
		p.method = method
	}
}

// Findings returns what was redacted since Begin or Next, in the order of the
// values, each path and rule once. It is valid until Next.
func (p *Pass) Findings() []Finding { return p.found }

const maxFindings = 100

func (p *Pass) report(rule string) {
	f := Finding{Rule: rule}
	if len(p.path) == 1 {
		f.Path = p.path[0]
	} else {
		f.Path = strings.Join(p.path, ".")
	}
	p.note(f)
}

func (p *Pass) note(f Finding) {
	if len(p.found) < maxFindings && !slices.Contains(p.found, f) {
		p.found = append(p.found, f)
	}
}

func (p *Pass) replace(rule string) string {
	p.report(rule)
	return marker(rule)
}

// allows reports whether the configuration allows a value.
func (e *Engine) allows(s string) bool { return len(e.allowed) > 0 && e.allowed[s] }

// nature tells what a name says about its value.
func (p *Pass) nature(name string) nature { return p.trait(name).nature }

// trait looks a name up among those seen lately, or classifies it.
func (p *Pass) trait(name string) *trait {
	if t := p.traits.get(name); t != nil {
		return t
	}
	t := new(trait)
	*t = p.e.trait(name)
	if len(name) <= 64 {
		t.name = strings.Clone(name)
		p.traits.add(t)
	}
	return t
}

// guard replaces a value whose rule panicked.
func (p *Pass) guard(v *string) {
	if recover() != nil {
		*v = p.replace("error")
	}
}

// Text redacts a value under a name: value rules, pairs and structures inside
// it, and the whole value if the name is that of a secret.
func (p *Pass) Text(path, name, value string) (out string) {
	p.path = append(p.path[:0], path)
	defer p.guard(&out)
	return p.under(name, value, kept)
}

// Field redacts the value of a field that is harmless by its nature: a user, an
// area, a status. Value rules hold, prose is not interpreted.
func (p *Pass) Field(path, value string) (out string) {
	p.path = append(p.path[:0], path)
	defer p.guard(&out)
	return p.field(value)
}

// field redacts the value of a field. The same users, roles and areas come again
// and again, so what was clean is remembered.
func (p *Pass) field(value string) string {
	if p.e.obvious(value) || p.clean.has(value) {
		return value
	}
	out := p.text(value, field, 0)
	if out == value && recurs(value) {
		p.clean.add(value)
	}
	return out
}

// recurs reports whether a value is worth remembering: identifiers of single
// things have many digits.
func recurs(s string) bool {
	digits := 0
	for i := 0; i < len(s); i++ {
		if isDigit(s[i]) {
			digits++
		}
	}
	return digits*2 < len(s)
}

// Account redacts the name of an account: as Field, and a password after a colon.
func (p *Pass) Account(path, value string) (out string) {
	p.path = append(p.path[:0], path)
	defer p.guard(&out)
	return p.login(p.field(value))
}

// Message redacts prose, of which at most 1 KiB is kept.
func (p *Pass) Message(path, value string) (out string) {
	p.path = append(p.path[:0], path)
	defer p.guard(&out)
	out = p.text(value, prose, 0)
	if cut := p.cut(out, maxMessage); cut != out {
		out = p.cut(p.text(cut, prose, 0), maxMessage)
	}
	return out
}

// Path redacts a URL or its path: userinfo and secrets in the query go.
func (p *Pass) Path(path, value string) (out string) {
	p.path = append(p.path[:0], path)
	defer p.guard(&out)
	return p.text(value, locator, 0)
}

// Name redacts the name of a value, which may hold a secret itself.
func (p *Pass) Name(path, name string) (out string) {
	p.path = append(p.path[:0], path)
	defer p.guard(&out)
	return p.memberName(name)
}

// Request summarizes a request: JSON stays JSON. At most Config.MaxRequest bytes
// are kept; a longer summary loses its values, then its members.
func (p *Pass) Request(path, value string) (out string) {
	p.path = append(p.path[:0], path)
	defer p.guard(&out)
	out = p.request(value)
	for n := 1; out != value && n < maxReadings && isPlain(out); n++ {
		value, out = out, p.request(out)
	}
	return out
}

// Value redacts a structure at any depth: nil, bool, integers, floating point,
// string, []byte, []any, Object, map[string]any. It returns a value of the same
// form; bytes that hold a secret become text.
func (p *Pass) Value(path, name string, value any) (out any) {
	p.path = append(p.path[:0], path)
	defer func() {
		if recover() != nil {
			out = p.replace("error")
		}
	}()
	return p.value(name, value)
}

// shortened redacts the beginning of a text that is too long to be read as a whole. It keeps what
// comes out in the same way whether more is read or less, so that no secret is half of what
// it was where the reading ends.
func (p *Pass) shortened(s string, redact func(string) string) string {
	p.report(ruleTooLong)
	removed := len(p.removed)
	less := redact(strings.ToValidUTF8(s[:maxText-maxTail], ""))
	p.removed = p.removed[:removed]
	more := redact(strings.ToValidUTF8(s[:maxText], ""))
	if less == more {
		return more
	}
	n := 0
	for n < min(len(less), len(more)) && less[n] == more[n] {
		n++
	}
	return more[:border(more, n)] + ellipsis
}

const ellipsis = "…" // where a text was cut

// cut shortens s to at most max bytes.
func (p *Pass) cut(s string, max int) string {
	if len(s) <= max {
		return s
	}
	return s[:border(s, max-len(ellipsis))] + ellipsis
}

// border returns where s can be cut, at n or before: not within a character or a marker.
func border(s string, n int) int {
	for 0 < n && n < len(s) && s[n]&0xC0 == 0x80 {
		n--
	}
	if i := strings.LastIndexByte(s[:n], '['); i >= 0 && !strings.Contains(s[i:n], "]") && strings.HasPrefix(s[i:], markerStart) {
		n = i // half a marker
	}
	return n
}
