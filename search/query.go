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

	// clockSkew is how far in the future an event's own time may be. Without an
	// end the window reaches so far, so that the newest events are in it.
	clockSkew = 10 * time.Minute
)

// A filterParameter filters by the value of a field.
type filterParameter struct {
	name   string
	field  *audit.Field
	ending string // what a value follows in the field; "" if the value is all of it
	choose bool   // whether the values are offered to choose from
}

var filterParameters = []filterParameter{
	{name: "method", field: audit.Method, choose: true},
	{name: "entity_type", field: audit.EntityType, choose: true},
	{name: "area", field: audit.Area, choose: true},
	{name: "redaction", field: audit.Redactions, ending: ": "}, // the rule of "path: rule"
	{name: "fingerprint", field: audit.Fingerprints},
}

// asked is what a request asks for: the query, and the parameters as they were
// written, by which cursors and the trail know it again.
type asked struct {
	query  store.Query
	window string // start and end as written
	id     string // of the one event that is viewed
}

// parse reads the parameters of a request. The account is checked first, so
// that nobody learns about parameters of an account that is not theirs.
func (a *api) parse(r *http.Request, caller store.Caller) (asked, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return asked{}, newProblem(http.StatusBadRequest, "The query string is malformed.")
	}
	account := values.Get("account")
	if _, err := caller.Scope(account); err != nil {
		return asked{}, err
	}
	if err := checkNames(values); err != nil {
		return asked{}, err
	}
	q := store.Query{Account: account}
	if q.Limit, err = parseLimit(values); err != nil {
		return asked{}, err
	}
	now := time.Now().UTC()
	if q.Start, err = parseTime(values, "start", now, now.Add(-defaultWindow)); err != nil {
		return asked{}, err
	}
	if q.End, err = parseTime(values, "end", now, now.Add(clockSkew)); err != nil {
		return asked{}, err
	}
	if q.Filters, err = parseFilters(values); err != nil {
		return asked{}, err
	}
	ask := asked{query: q, window: values.Get("start") + "/" + values.Get("end")}
	if c := values.Get("cursor"); c != "" {
		if err := a.cursors.open(caller, &ask, c); err != nil {
			return asked{}, err
		}
	}
	if !ask.query.Start.Before(ask.query.End) {
		return asked{}, badParameter("start", "must be before end")
	}
	return ask, nil
}

var parameterNames = func() []string {
	names := []string{"account", "start", "end", "limit", "cursor"}
	for _, p := range filterParameters {
		names = append(names, p.name)
	}
	return names
}()

// checkNames refuses what would be ignored: a mistyped filter would answer with
// more than was asked for.
func checkNames(values url.Values) error {
	for name, list := range values {
		if !slices.Contains(parameterNames, name) {
			return badParameter(name, "is no parameter here; known are %s", strings.Join(parameterNames, ", "))
		}
		isFilter := slices.ContainsFunc(filterParameters, func(p filterParameter) bool { return p.name == name })
		if len(list) > 1 && !isFilter {
			return badParameter(name, "may be given once")
		}
	}
	return nil
}

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

func parseFilters(values url.Values) ([]store.Filter, error) {
	var filters []store.Filter
	total := 0
	for _, p := range filterParameters {
		list := values[p.name]
		if total += len(list); total > maxFilters {
			return nil, badParameter(p.name, "more than %d values in all filters", maxFilters)
		}
		for _, v := range list {
			if v == "" || len(v) > p.field.Max {
				return nil, badParameter(p.name, "a value must have 1 to %d bytes", p.field.Max)
			}
		}
		if len(list) == 0 {
			continue
		}
		f := store.Filter{Fields: []*audit.Field{p.field}}
		if p.ending != "" {
			f.Match = store.Ending
		}
		for _, v := range list {
			f.Values = append(f.Values, p.ending+v)
		}
		filters = append(filters, f)
	}
	return filters, nil
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
