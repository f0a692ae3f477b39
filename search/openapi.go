package search

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"

	"go.yaml.in/yaml/v3"

	"github.com/auditlog/auditlog/audit"
)

//go:embed openapi.yaml
var openAPI []byte

// openapi answers the document of the API (OpenAPI 3.1). It says nothing about
// any account.
func (a *api) openapi(http.ResponseWriter, *http.Request) (any, error) { return a.document, nil }

// describeAPI completes the document from the tables of fields and filters.
func describeAPI(version string) (json.RawMessage, error) {
	var document map[string]any
	if err := yaml.Unmarshal(openAPI, &document); err != nil {
		return nil, fmt.Errorf("document of the API: %w", err)
	}
	member(document, "info")["version"] = version
	components := member(document, "components")
	properties := member(components, "schemas", "Event", "properties")
	for f := range audit.Fields() {
		properties[f.Name] = schemaOf(f)
	}
	parameters := member(components, "parameters")
	for _, p := range filterParameters {
		parameters[p.name] = p.describe("")
		parameters["not_"+p.name] = p.describe("!")
	}
	for _, path := range member(document, "paths") {
		for _, operation := range path.(map[string]any) {
			completeOperation(operation.(map[string]any))
		}
	}
	values := member(document, "paths", "/api/v1/filters", "get", "responses", "200", "content", "application/json", "schema")
	delete(values, "x-choices")
	for _, p := range filterParameters {
		if p.choose {
			member(values, "properties")[p.name] = reference("schemas", "Values")
		}
	}
	return json.Marshal(document)
}

// member follows names into objects.
func member(object map[string]any, names ...string) map[string]any {
	for _, name := range names {
		object = object[name].(map[string]any)
	}
	return object
}

func reference(kind, name string) map[string]any {
	return map[string]any{"$ref": "#/components/" + kind + "/" + name}
}

// completeOperation adds the filters, and the refusals that any answer can be.
func completeOperation(operation map[string]any) {
	if operation["x-filters"] == true {
		delete(operation, "x-filters")
		for _, p := range filterParameters {
			operation["parameters"] = append(operation["parameters"].([]any), reference("parameters", p.name), reference("parameters", "not_"+p.name))
		}
	}
	responses := member(operation, "responses")
	refusals := []string{"403", "421", "500"}
	if operation["security"] == nil {
		refusals = append(refusals, "400", "401", "429", "503")
	}
	for _, status := range refusals {
		if responses[status] == nil {
			responses[status] = reference("responses", "Problem")
		}
	}
}

func schemaOf(f *audit.Field) map[string]any {
	schema := map[audit.Kind]map[string]any{
		audit.Text:    {"type": "string"},
		audit.List:    {"type": "array", "items": map[string]any{"type": "string"}},
		audit.Number:  {"type": "integer"},
		audit.Flag:    {"type": "boolean"},
		audit.Instant: {"type": "string", "format": "date-time"},
		audit.Object:  {"type": "object"},
	}[f.Kind]
	if f == audit.Status {
		schema["enum"] = []string{"success", "failure", "unknown"}
	}
	schema["description"] = f.Meaning
	return schema
}

var filterMeanings = map[string]string{
	"user":      "Name, full name, id or e-mail address of the user, or of who acted as the user.",
	"ip":        "IP address, or CIDR block.",
	"redaction": "Rule by which something was redacted.",
	"q":         "Words: each begins a word of action, message, request or user.",
}

func (p filterParameter) describe(not string) map[string]any {
	meaning := filterMeanings[p.name]
	if meaning == "" {
		meaning = p.fields[0].Meaning
	}
	how := "Any of the values."
	if not != "" {
		how = "None of the values; events without one pass."
	}
	item := map[string]any{"type": "string", "minLength": 1}
	switch {
	case p.name == "status":
		item = map[string]any{"enum": []string{"success", "failure", "unknown"}}
	case p.fields[0].Kind == audit.Flag:
		item = map[string]any{"enum": []string{"true", "false"}}
	}
	return map[string]any{
		"name": p.name + not, "in": "query", "description": meaning + " " + how, "explode": true,
		"schema": map[string]any{"type": "array", "items": item, "maxItems": maxFilters},
	}
}
