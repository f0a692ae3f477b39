package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// read returns the content of a YAML file; nothing for the file "".
func (l *loader) read(file string) (map[string]any, error) {
	if file == "" {
		return map[string]any{}, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	raw, err := l.parse(text)
	if several, ok := errors.AsType[*yaml.TypeError](err); ok {
		errs := make([]error, len(several.Errors))
		for i, message := range several.Errors {
			errs[i] = locate(file, message)
		}
		return nil, errors.Join(errs...)
	}
	if err != nil {
		return nil, locate(file, err.Error())
	}
	return raw, nil
}

var (
	yamlLine  = regexp.MustCompile(`^(?:yaml: )?line ([0-9]+): `)
	yamlValue = regexp.MustCompile("(?s)`.*`")
)

// locate puts the file's name and line before what the YAML parser says, without
// the value of which it says it.
func locate(file, message string) error {
	message = yamlValue.ReplaceAllString(message, "value")
	if at := yamlLine.FindStringSubmatch(message); at != nil {
		return fmt.Errorf("%s:%s: %s", file, at[1], strings.TrimPrefix(message, at[0]))
	}
	return fmt.Errorf("%s: %s", file, strings.TrimPrefix(message, "yaml: "))
}

// parse reads one YAML document that is a mapping, or empty.
func (l *loader) parse(text []byte) (map[string]any, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return map[string]any{}, nil
	} else if err != nil {
		return nil, err
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("holds more than one YAML document; settings are one")
	}
	l.pruneDuplicates("", &document)
	var raw any
	if err := document.Decode(&raw); err != nil {
		return nil, err
	}
	switch v := named(raw).(type) {
	case nil:
		return map[string]any{}, nil
	case map[string]any:
		return v, nil
	default:
		return nil, fmt.Errorf("must hold sections such as receiver and store, found %s", kindOf(v))
	}
}

// pruneDuplicates reports keys that are set again and removes the later ones, so
// that the rest can be read.
func (l *loader) pruneDuplicates(path string, node *yaml.Node) {
	switch node.Kind {
	case yaml.DocumentNode:
		l.pruneDuplicates(path, node.Content[0])
	case yaml.SequenceNode:
		for i, child := range node.Content {
			l.pruneDuplicates(item(path, i), child)
		}
	case yaml.MappingNode:
		lines := map[string]int{} // by key
		var kept []*yaml.Node
		for i := 0; i+1 < len(node.Content); i += 2 {
			key, value := node.Content[i], node.Content[i+1]
			at := join(path, short(key.Value))
			l.pruneDuplicates(at, value)
			if line, again := lines[key.Value]; again && key.Kind == yaml.ScalarNode {
				l.add(at, "is set twice, in lines %d and %d", line, key.Line)
				continue
			}
			lines[key.Value] = key.Line
			kept = append(kept, key, value)
		}
		node.Content = kept
	}
}

// named turns the keys of every mapping into text, which they are unless
// somebody wrote a number or a date there.
func named(raw any) any {
	switch v := raw.(type) {
	case map[string]any:
		for key, member := range v {
			v[key] = named(member)
		}
	case map[any]any:
		m := make(map[string]any, len(v))
		for key, member := range v {
			m[fmt.Sprint(key)] = named(member)
		}
		return m
	case []any:
		for i, item := range v {
			v[i] = named(item)
		}
	}
	return raw
}
