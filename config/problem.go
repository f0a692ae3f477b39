package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// A problem is one thing that is wrong with one setting.
type problem struct {
	path   string // of the setting: receiver.senders[0].name
	origin string // environment variable or flag that set it; empty for the file
	text   string
}

// Error returns one line, whatever was written into the file.
func (p problem) Error() string {
	line := p.path + ": " + p.text
	if p.origin != "" {
		line = fmt.Sprintf("%s (%s): %s", p.path, p.origin, p.text)
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, line)
}

// problems collects everything that is wrong, so that it is told at once.
type problems []problem

func (ps *problems) add(path, format string, args ...any) {
	*ps = append(*ps, problem{path: path, text: fmt.Sprintf(format, args...)})
}

// touch says whether there is a problem at path, within it or around it.
func (ps problems) touch(path string) bool {
	return slices.ContainsFunc(ps, func(p problem) bool { return within(p.path, path) || within(path, p.path) })
}

func within(path, outer string) bool {
	rest, ok := strings.CutPrefix(path, outer)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// err joins the problems, one line each; nil if there is none.
func (ps problems) err() error {
	errs := make([]error, len(ps))
	for i, p := range ps {
		errs[i] = p
	}
	return errors.Join(errs...)
}

// short cuts text that would fill a message.
func short(text string) string {
	const longest = 60
	if runes := []rune(text); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return text
}

// item is the path of an item of a list.
func item(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// found describes a value as read from YAML.
func found(raw any) string {
	switch v := raw.(type) {
	case nil:
		return "nothing"
	case string:
		return fmt.Sprintf("%q", short(v))
	case bool, int, int64, uint64, float64:
		return fmt.Sprint(v)
	case []any:
		return "a list"
	case map[string]any:
		return "a section"
	}
	return "a date"
}

// suggestion is the end of a message about an unknown name: the known name
// nearest to it, or else all of them.
func suggestion(name string, known []string) string {
	if best := nearest(name, known); best != "" {
		return fmt.Sprintf("did you mean %s?", best)
	}
	return "known here: " + strings.Join(known, ", ")
}

// nearest returns the known name that looks most like name; "" if none does.
func nearest(name string, known []string) string {
	const longest = 100 // beyond that it is no slip of the pen
	if len(name) > longest {
		return ""
	}
	best, limit := "", max(2, len(name)/4)+1
	for _, k := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(k)); d < limit {
			best, limit = k, d
		}
	}
	return best
}

// distance counts the letters to insert, remove, replace or swap with their
// neighbour that turn a into b.
func distance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			change := last[j]
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
