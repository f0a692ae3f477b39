package main

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
)

type object = map[string]any

// keep takes what is put, and gives it back in the form of Elasticsearch: a
// program may verify that its policy, its templates and its indices are as it
// made them. An index gets what the templates that match its name say.
func (s *sink) keep(w http.ResponseWriter, r *http.Request) {
	p := r.URL.Path
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		value, ok := s.puts.Load(p)
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			io.WriteString(w, `{"error":{"type":"resource_not_found_exception","reason":"essink has no such thing"},"status":404}`)
			return
		}
		json.NewEncoder(w).Encode(s.asAnswer(p, value.(object)))
	case http.MethodDelete:
		s.puts.Delete(p)
		io.WriteString(w, `{"acknowledged":true}`)
	default:
		body := object{}
		_ = json.NewDecoder(r.Body).Decode(&body) // none is an empty one
		if !strings.Contains(p, "/_refresh") {
			s.puts.Store(p, body)
		}
		io.WriteString(w, `{"acknowledged":true}`)
	}
}

func (s *sink) asAnswer(p string, body object) any {
	kind, name := path.Split(p)
	switch kind {
	case "/_ilm/policy/":
		return object{name: object{"version": 1, "policy": body["policy"]}}
	case "/_component_template/":
		return object{"component_templates": []any{object{"name": name, "component_template": body}}}
	case "/_index_template/":
		return object{"index_templates": []any{object{"name": name, "index_template": body}}}
	}
	return object{name: s.index(name, body)}
}

// index is the index that the best template for its name makes of body.
func (s *sink) index(name string, body object) object {
	var best object
	s.puts.Range(func(p, value any) bool {
		t := value.(object)
		if strings.HasPrefix(p.(string), "/_index_template/") && matches(t, name) && (best == nil || priority(t) > priority(best)) {
			best = t
		}
		return true
	})
	made := object{"aliases": object{}, "mappings": object{}, "settings": object{}}
	parts, _ := best["composed_of"].([]any)
	for _, part := range parts {
		if component, ok := s.puts.Load("/_component_template/" + part.(string)); ok {
			template, _ := component.(object)["template"].(object)
			merge(made, template)
		}
	}
	template, _ := best["template"].(object)
	merge(made, template)
	merge(made, body)
	settings := made["settings"].(object)
	if _, nested := settings["index"]; !nested {
		made["settings"] = object{"index": settings}
	}
	return made
}

func matches(template object, name string) bool {
	patterns, _ := template["index_patterns"].([]any)
	return slices.ContainsFunc(patterns, func(pattern any) bool {
		ok, _ := path.Match(pattern.(string), name)
		return ok
	})
}

func priority(template object) float64 {
	n, _ := template["priority"].(float64)
	return n
}

// merge puts what is in from into to, object by object.
func merge(to, from object) {
	for name, value := range from {
		was, isObject := to[name].(object)
		if more, ok := value.(object); ok && isObject {
			was = maps.Clone(was)
			merge(was, more)
			value = was
		}
		to[name] = value
	}
}
