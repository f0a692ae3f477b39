package search

import (
	"net/http"
	"slices"

	"github.com/auditlog/auditlog/audit"
)

// defaultColumns are the columns with which the page opens.
var defaultColumns = []*audit.Field{audit.Time, audit.UserName, audit.Method, audit.Area, audit.Action, audit.EntityType, audit.Status}

var kinds = map[audit.Kind]string{
	audit.Text: "text", audit.List: "list", audit.Number: "number", audit.Flag: "flag", audit.Instant: "instant", audit.Object: "object",
}

// A fieldDescription tells owners about a field.
type fieldDescription struct {
	Name      string   `json:"name"`
	Title     string   `json:"title"` // "" for parts of another column
	Kind      string   `json:"kind"`
	Meaning   string   `json:"meaning"`
	Default   bool     `json:"default"` // whether the page opens with it
	Stamped   bool     `json:"stamped"` // whether only auditlog sets it
	From      []string `json:"from"`    // attributes that are accepted, the first found wins
	Redaction string   `json:"redaction"`
	Policy    string   `json:"policy,omitempty"`
	Filter    string   `json:"filter,omitempty"` // the parameter that filters by it
}

func (a *api) fields(r *http.Request, o owner) (any, error) {
	if _, err := a.narrow(r, o); err != nil {
		return nil, err
	}
	return a.fieldList, nil
}

func describeFields(configured []Field) any {
	list := []fieldDescription{}
	for f := range audit.Fields() {
		d := fieldDescription{
			Name: f.Name, Title: f.Title, Kind: kinds[f.Kind], Meaning: f.Meaning,
			Default: slices.Contains(defaultColumns, f), Stamped: f.Stamped, From: []string{}, Redaction: redactionOf(f), Filter: filterOf(f),
		}
		if !f.Stamped {
			d.From = append([]string{f.Attribute}, f.From...)
		}
		for _, c := range configured {
			if c.Field == f.Name {
				d.From = append(d.From, c.From...)
				d.configure(c)
			}
		}
		list = append(list, d)
	}
	return map[string]any{"fields": list}
}

var policies = map[string]string{
	"drop":  "Never stored: the configuration drops it.",
	"mask":  "Masked: the configuration stores a marker in its place.",
	"hash":  "Hashed: the configuration stores a keyed hash, the same for the same value in an account.",
	"last4": "Shortened: the configuration stores its last four characters.",
}

func (d *fieldDescription) configure(c Field) {
	if said := policies[c.Policy]; said != "" {
		d.Policy, d.Redaction = c.Policy, said
	}
	switch c.Request {
	case "keys":
		d.Redaction = "The names in it are stored, without any value."
	case "none":
		d.Redaction = "Never stored: the configuration keeps no requests."
	}
}

// redactionOf says what the redaction does to a field where the configuration
// says nothing else.
func redactionOf(f *audit.Field) string {
	switch f {
	case audit.Request:
		return "Summary: names, numbers and short single words stay; secrets, free text and contents of databases are removed."
	case audit.Message, audit.ImpersonationReason, audit.Error:
		return "Text: secrets are removed, by their form and by the names beside them."
	case audit.Path:
		return "Path: the query is removed, and secrets within the path."
	case audit.UserName, audit.UserID, audit.ImpersonatorName, audit.ImpersonatorID:
		return "Login: stays, unless it has the form of a secret."
	case audit.Attributes:
		return "Structure: secrets are removed, by name and by form."
	}
	switch {
	case f.Stamped:
		return "None: auditlog makes it, and no sender can."
	case f.Kind == audit.Number, f.Kind == audit.Flag, f.Kind == audit.Instant:
		return "None: it is a " + map[audit.Kind]string{audit.Number: "number", audit.Flag: "yes or no", audit.Instant: "time"}[f.Kind] + ", or it is not stored."
	}
	return "Short text: stays, unless it has the form of a secret."
}

// filterOf is the parameter that filters by the field alone or with others of its kind.
func filterOf(f *audit.Field) string {
	for _, p := range filterParameters {
		if p.name != "q" && slices.Contains(p.fields, f) {
			return p.name
		}
	}
	return ""
}
