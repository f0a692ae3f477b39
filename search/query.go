package search

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
)

const (
	defaultWindow = 24 * time.Hour
	defaultLimit  = 50
	maxLimit      = 1000
	maxFilters    = 100 // values of all filters together
	maxWords      = 256 // bytes of one free text

	// scanBudget is how many events one answer may look at, one by one.
	scanBudget = 100_000

	// clockSkew is how far in the future an event's own time may be. Without an
	// end the window reaches so far, so that the newest events are in it.
	clockSkew = 10 * time.Minute
)

// A filterParameter filters by the values of fields. Its name with a ! behind it
// excludes.
type filterParameter struct {
	name   string
	fields []*audit.Field
	match  store.Match
	ending string                    // what a value follows in the field, where it is the field's end
	choose bool                      // whether the values of the first field are offered to choose from
	wrong  func(value string) string // what is wrong with a value; "" if nothing is
}

var (
	userFields = []*audit.Field{audit.UserName, audit.UserFullName, audit.UserID, audit.UserEmail,
		audit.ImpersonatorName, audit.ImpersonatorFullName, audit.ImpersonatorID, audit.ImpersonatorEmail}
	textFields = append([]*audit.Field{audit.Action, audit.Message, audit.Request}, userFields...)
)

var filterParameters = []filterParameter{
	{name: "method", fields: []*audit.Field{audit.Method}, choose: true},
	{name: "entity_type", fields: []*audit.Field{audit.EntityType}, choose: true},
	{name: "area", fields: []*audit.Field{audit.Area}, choose: true},
	{name: "action", fields: []*audit.Field{audit.Action}, choose: true},
	{name: "status", fields: []*audit.Field{audit.Status}, choose: true, wrong: oneOf("success", "failure", "unknown")},
	{name: "user", fields: userFields, choose: true},
	{name: "role", fields: []*audit.Field{audit.UserRoles}, choose: true},
	{name: "ip", fields: []*audit.Field{audit.IP}, match: store.Network, wrong: wrongNetwork},
	{name: "entity_id", fields: []*audit.Field{audit.EntityID}},
	{name: "impersonated", fields: []*audit.Field{audit.Impersonated}, wrong: oneOf("true", "false")},
	{name: "session", fields: []*audit.Field{audit.SessionID}},
	{name: "trace", fields: []*audit.Field{audit.TraceID}},
	{name: "service", fields: []*audit.Field{audit.Service}, choose: true},
	{name: "redaction", fields: []*audit.Field{audit.Redactions}, match: store.Ending, ending: ": "}, // the rule of "path: rule"
	{name: "fingerprint", fields: []*audit.Field{audit.Fingerprints}},
	{name: "q", fields: textFields, match: store.Words, wrong: wrongWords},
}

func oneOf(allowed ...string) func(string) string {
	return func(value string) string {
		if slices.Contains(allowed, value) {
			return ""
		}
		return "must be one of " + strings.Join(allowed, ", ")
	}
}

func wrongNetwork(value string) string {
	if _, err := store.ParseNetwork(value); err != nil {
		return "must be an IP address such as 203.0.113.7, or a CIDR block such as 10.0.0.0/8"
	}
	return ""
}

func wrongWords(value string) string {
	if len(value) > maxWords {
		return "must have at most " + strconv.Itoa(maxWords) + " bytes"
	}
	for range audit.Words(value) {
		return ""
	}
	return "must hold a word: letters or digits"
}

// asked is what a request asks for: the query, and the parameters as they were
// written, by which cursors and the trail know it again.
type asked struct {
	query   store.Query
	window  string              // start and end as written
	openEnd bool                // no end was written
	filters map[string][]string // as written, by parameter
	id      string              // of the one event that is viewed
	since   string              // cursor of arrival, as written
	columns []*audit.Field      // of an export; nil stands for the event's id
}

// The parameters of routes beside the account and the filters.
var (
	windowParameters = []string{"start", "end"}
	pageParameters   = []string{"start", "end", "order", "limit", "cursor"}
	exportParameters = []string{"start", "end", "order"}
	columnParameters = []string{"start", "end", "order", "columns"}
	liveParameters   = []string{"start", "end", "since"}
)

// parse reads the parameters of a request. The account is checked first, so
// that nobody learns about parameters of an account that is not theirs.
func (a *api) parse(r *http.Request, o owner, parameters []string) (ask asked, err error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return ask, newProblem(http.StatusBadRequest, "The query string is malformed.")
	}
	q := &ask.query
	if q.Account, err = accountOf(values, o.caller); err != nil {
		return ask, err
	}
	if err := checkNames(values, parameters); err != nil {
		return ask, err
	}
	q.Budget = scanBudget
	if q.Limit, err = parseLimit(values); err != nil {
		return ask, err
	}
	if q.Ascending, err = parseOrder(values); err != nil {
		return ask, err
	}
	if ask.columns, err = parseColumns(values); err != nil {
		return ask, err
	}
	now := a.now().UTC()
	if q.Start, err = parseTime(values, "start", now, now.Add(-defaultWindow)); err != nil {
		return ask, err
	}
	if q.End, err = parseTime(values, "end", now, now.Add(clockSkew)); err != nil {
		return ask, err
	}
	if ask.filters, q.Filters, err = parseFilters(values); err != nil {
		return ask, err
	}
	ask.window, ask.openEnd, ask.since = values.Get("start")+"/"+values.Get("end"), values.Get("end") == "", values.Get("since")
	if c := values.Get("cursor"); c != "" {
		if err := a.cursors.open(&ask, c); err != nil {
			return ask, err
		}
	}
	if !q.Start.Before(q.End) {
		return ask, badParameter("start", "must be before end")
	}
	return ask, nil
}

// accountOf returns the account that is asked for, which is the caller's.
func accountOf(values url.Values, caller store.Caller) (string, error) {
	owned, err := caller.Scope(values.Get("account"))
	if err != nil {
		return "", err
	}
	if len(owned) > 1 {
		return "", badParameter("account", "must name one of the accounts that you own: %s", strings.Join(owned, ", "))
	}
	return owned[0], nil
}

// checkNames refuses what would be ignored: a mistyped filter would answer with
// more than was asked for.
func checkNames(values url.Values, parameters []string) error {
	for name, list := range values {
		if isFilter(name) {
			continue
		}
		if name != "account" && !slices.Contains(parameters, name) {
			return badParameter(name, "is no parameter here; known are account, %s, and the filters %s, each with ! behind it to exclude",
				strings.Join(parameters, ", "), strings.Join(filterNames, ", "))
		}
		if len(list) > 1 || list[0] == "" {
			return badParameter(name, "must be given once, with a value, or left out")
		}
	}
	return nil
}

var filterNames = func() (names []string) {
	for _, p := range filterParameters {
		names = append(names, p.name)
	}
	return names
}()

func isFilter(name string) bool { return slices.Contains(filterNames, strings.TrimSuffix(name, "!")) }

func parseLimit(values url.Values) (int, error) {
	text := values.Get("limit")
	if text == "" {
		return defaultLimit, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxLimit {
		return 0, badParameter("limit", "must be a number from 1 to %d", maxLimit)
	}
	return n, nil
}

func parseOrder(values url.Values) (ascending bool, err error) {
	switch values.Get("order") {
	case "", "newest":
		return false, nil
	case "oldest":
		return true, nil
	}
	return false, badParameter("order", "must be newest or oldest")
}

// parseColumns reads names of fields with commas between them; all fields, with
// the id before them, where there are none.
func parseColumns(values url.Values) (columns []*audit.Field, err error) {
	names := strings.Split(values.Get("columns"), ",")
	if values.Get("columns") == "" {
		names = []string{"id"}
		for f := range audit.Fields() {
			names = append(names, f.Name)
		}
	}
	for i, name := range names {
		f := audit.ByName(name)
		switch {
		case f == nil && name != "id":
			return nil, badParameter("columns", "%q is no field; /api/v1/fields lists them", cut(name))
		case slices.Index(names, name) < i:
			return nil, badParameter("columns", "names %q twice", name)
		}
		columns = append(columns, f)
	}
	return columns, nil
}

// cut keeps an answer about a wrong value short.
func cut(text string) string { return audit.Clean(text, 100) }

// parseFilters returns the filters as written, and as the store takes them.
func parseFilters(values url.Values) (written map[string][]string, filters []store.Filter, err error) {
	written = map[string][]string{}
	total := 0
	for _, p := range filterParameters {
		for _, name := range []string{p.name, p.name + "!"} {
			list := values[name]
			if len(list) == 0 {
				continue
			}
			if total += len(list); total > maxFilters {
				return nil, nil, badParameter(name, "more than %d values in all filters", maxFilters)
			}
			for _, v := range list {
				if reason := p.check(v); reason != "" {
					return nil, nil, badParameter(name, "%s", reason)
				}
			}
			written[name] = list
			filters = append(filters, p.filter(list, name != p.name)...)
		}
	}
	return written, filters, nil
}

func (p filterParameter) check(v string) string {
	longest := p.fields[0].Max
	if longest == 0 {
		longest = maxWords
	}
	switch {
	case v == "" || p.match != store.Words && len(v) > longest:
		return "a value must have 1 to " + strconv.Itoa(longest) + " bytes"
	case p.wrong != nil:
		return p.wrong(v)
	}
	return ""
}

// filter is what the store is asked. Impersonated is true or absent, so that
// false is everything that is not true.
func (p filterParameter) filter(list []string, not bool) (filters []store.Filter) {
	if p.fields[0].Kind == audit.Flag {
		if !not && slices.Contains(list, "true") && slices.Contains(list, "false") {
			return nil
		}
		for _, v := range list {
			filters = append(filters, store.Filter{Fields: p.fields, Values: []string{"true"}, Not: not == (v == "true")})
		}
		return filters
	}
	f := store.Filter{Fields: p.fields, Match: p.match, Not: not}
	for _, v := range list {
		f.Values = append(f.Values, p.ending+v)
	}
	return []store.Filter{f}
}

// parseTime reads RFC 3339, or now, now-24h, now-7d.
func parseTime(values url.Values, name string, now, missing time.Time) (time.Time, error) {
	text := strings.TrimSpace(values.Get(name))
	if text == "" {
		return missing, nil
	}
	if rest, ok := strings.CutPrefix(text, "now"); ok {
		if rest == "" {
			return now, nil
		}
		if ago, ok := parseAgo(rest); ok {
			return now.Add(-ago), nil
		}
	} else if t, err := time.Parse(time.RFC3339Nano, strings.ReplaceAll(text, " ", "+")); err == nil && t.Year() >= 1970 && t.Year() < 2262 {
		return t.UTC(), nil
	}
	return time.Time{}, badParameter(name, "must be a time like 2026-11-22T10:00:00Z, or relative like now-24h or now-7d")
}

// parseAgo reads -15m, -24h, -7d.
func parseAgo(text string) (time.Duration, bool) {
	if len(text) < 3 || text[0] != '-' {
		return 0, false
	}
	unit, ok := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}[text[len(text)-1]]
	n, err := strconv.ParseUint(text[1:len(text)-1], 10, 31)
	if !ok || err != nil || n > uint64(100*365*24*time.Hour/unit) {
		return 0, false
	}
	return time.Duration(n) * unit, true
}
