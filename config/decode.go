package config

import (
	"encoding"
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/config/configopaque"
)

var secret = reflect.TypeFor[configopaque.String]()

// decode stores raw, a value as YAML, a variable or a flag gives it, at to. What
// does not fit is reported, and leaves to as it is. No value at all is no
// problem here.
func (l *loader) decode(path string, raw any, to reflect.Value) {
	if raw == nil {
		return
	}
	if text, ok := raw.(string); ok {
		expanded, ok := l.expand(path, text)
		if !ok {
			return
		}
		if to.Type() == secret {
			l.decodeSecret(path, text, expanded, to)
			return
		}
		raw = expanded
	}
	if to.Type() == secret {
		l.add(path, "must be ${env:NAME}, which names the variable that holds it; found %s", kindOf(raw))
		return
	}
	if unmarshaler, ok := to.Addr().Interface().(encoding.TextUnmarshaler); ok {
		l.decodeText(path, raw, unmarshaler)
		return
	}
	switch to.Kind() {
	case reflect.Struct:
		l.decodeSection(path, raw, to)
	case reflect.Slice:
		l.decodeList(path, raw, to)
	case reflect.String:
		text, ok := raw.(string)
		if !ok {
			l.add(path, "must be text, found %s; text that looks like something else needs quotes", show(path, raw))
			return
		}
		to.SetString(text)
	case reflect.Int:
		n, err := strconv.Atoi(fmt.Sprint(raw))
		if err != nil {
			l.add(path, "must be a whole number, found %s", found(raw))
			return
		}
		to.SetInt(int64(n))
	case reflect.Bool:
		text := fmt.Sprint(raw)
		if text != "true" && text != "false" {
			l.add(path, "must be true or false, found %s", found(raw))
			return
		}
		to.SetBool(text == "true")
	}
}

func (l *loader) decodeText(path string, raw any, to encoding.TextUnmarshaler) {
	text := ""
	switch raw.(type) {
	case string, int, int64, uint64, float64:
		text = fmt.Sprint(raw)
	}
	if err := to.UnmarshalText([]byte(text)); err != nil {
		l.add(path, "%v; found %s", err, found(raw))
	}
}

// decodeSecret takes a secret only from a variable of its own, so that no file
// of settings, which people copy and commit, holds one.
func (l *loader) decodeSecret(path, written, expanded string, to reflect.Value) {
	if reference.FindString(written) != written || written == "" {
		l.add(path, "is a secret and must not be written here; use ${env:NAME}, which names the variable that holds it")
		return
	}
	to.SetString(expanded)
}

func (l *loader) decodeSection(path string, raw any, to reflect.Value) {
	section, _ := raw.(map[string]any) // prune has let nothing else through
	for i, name := range fieldsOf(to.Type()) {
		l.decode(join(path, name), section[name], to.Field(i))
	}
}

func (l *loader) decodeList(path string, raw any, to reflect.Value) {
	items, ok := raw.([]any)
	if text, isText := raw.(string); isText { // of a variable or a flag
		ok = true
		for part := range strings.SplitSeq(text, ",") {
			items = append(items, strings.TrimSpace(part))
		}
	}
	if !ok {
		l.add(path, "must be a list, found %s", kindOf(raw))
		return
	}
	if len(items) == 0 {
		return
	}
	list := reflect.MakeSlice(to.Type(), len(items), len(items))
	for i, raw := range items {
		if raw == nil {
			l.add(item(path, i), "is empty")
			continue
		}
		l.decode(item(path, i), raw, list.Index(i))
	}
	to.Set(list)
}

// reference matches ${env:NAME}. A second $ before it takes its meaning away.
var reference = regexp.MustCompile(`\$?\$\{env:([^}]*)\}?`)

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// expand puts the values of the variables in place of ${env:NAME}. It says no if
// one is not set.
func (l *loader) expand(path, text string) (string, bool) {
	ok := true
	expanded := reference.ReplaceAllStringFunc(text, func(found string) string {
		if literal, escaped := strings.CutPrefix(found, "$$"); escaped {
			return "$" + literal
		}
		name, closed := strings.CutSuffix(strings.TrimPrefix(found, "${env:"), "}")
		if !closed || !variableName.MatchString(name) {
			l.add(path, "has a ${env:…} without the name of a variable in it; write ${env:NAME}")
			ok = false
			return ""
		}
		l.named = append(l.named, name)
		value, set := os.LookupEnv(name)
		if !set {
			l.add(path, "the environment variable %s is not set", name)
			ok = false
		}
		return value
	})
	return expanded, ok
}

// show describes a value for a message, unless it could be a token.
func show(path string, raw any) string {
	if strings.Contains(path, ".token") {
		return kindOf(raw)
	}
	return found(raw)
}

// kindOf says what kind of thing a value is, without the value.
func kindOf(raw any) string {
	switch raw.(type) {
	case string:
		return "text"
	case bool:
		return "true or false"
	case int, int64, uint64, float64:
		return "a number"
	}
	return found(raw)
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
