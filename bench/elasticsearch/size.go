package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// size merges an index into one segment and prints the bytes of an event, field by
// field.
func (b *bench) size(title, index string) error {
	total, fields, err := b.bytes(index)
	if err != nil {
		return err
	}
	fmt.Printf("Bytes an event, %s: %.0f.\n\n| field | stored | terms and postings | doc values | points | other | all |\n|---|---|---|---|---|---|---|\n", title, total)
	for _, f := range fields {
		if f.all >= 0.5 {
			fmt.Printf("| %s | %.1f | %.1f | %.1f | %.1f | %.1f | %.1f |\n", f.name, f.stored, f.inverted, f.values, f.points, f.all-f.stored-f.inverted-f.values-f.points, f.all)
		}
	}
	fmt.Println()
	return nil
}

// A usage is what a field takes, in bytes an event.
type usage struct {
	name                                  string
	stored, inverted, values, points, all float64
}

func (b *bench) bytes(index string) (total float64, fields []usage, err error) {
	for _, request := range []string{"/_forcemerge?max_num_segments=1&flush=true", "/_flush?force=true"} {
		if err := b.do(http.MethodPost, "/"+index+request, nil, nil); err != nil {
			return 0, nil, err
		}
	}
	var stats struct {
		All struct {
			Primaries struct {
				Docs  struct{ Count float64 }
				Store struct {
					Size float64 `json:"size_in_bytes"`
				}
			}
		} `json:"_all"`
	}
	if err := b.do(http.MethodGet, "/"+index+"/_stats/docs,store", nil, &stats); err != nil {
		return 0, nil, err
	}
	n := stats.All.Primaries.Docs.Count
	var usages map[string]json.RawMessage
	if err := b.do(http.MethodPost, "/"+index+"/_disk_usage?run_expensive_tasks=true", nil, &usages); err != nil {
		return 0, nil, err
	}
	var of struct {
		Fields map[string]struct {
			Total    float64 `json:"total_in_bytes"`
			Inverted struct {
				Total float64 `json:"total_in_bytes"`
			} `json:"inverted_index"`
			Stored float64 `json:"stored_fields_in_bytes"`
			Values float64 `json:"doc_values_in_bytes"`
			Points float64 `json:"points_in_bytes"`
		}
	}
	if err := json.Unmarshal(usages[index], &of); err != nil {
		return 0, nil, err
	}
	for name, f := range of.Fields {
		fields = append(fields, usage{name, f.Stored / n, f.Inverted.Total / n, f.Values / n, f.Points / n, f.Total / n})
	}
	slices.SortFunc(fields, func(a, b usage) int {
		switch {
		case a.all > b.all:
			return -1
		case a.all < b.all:
			return 1
		}
		return strings.Compare(a.name, b.name)
	})
	return stats.All.Primaries.Store.Size / n, fields, nil
}

// A variant is another mapping, or other settings, of the same documents.
type variant struct {
	name   string
	change func(settings, mappings object)
}

var variants = []variant{
	{"as it is", func(settings, mappings object) {}},
	{"codec default", func(settings, _ object) { settings["codec"] = "default" }},
	{"synthetic source", func(settings, _ object) { settings["mapping.source.mode"] = "synthetic" }},
	{"LogsDB", func(settings, _ object) { settings["mode"] = "logsdb" }},
}

// compare stores the documents in an index of each variant, and prints what each
// takes.
func (b *bench) compare() error {
	var made map[string]struct {
		Mappings object
		Settings struct{ Index object }
	}
	if err := b.do(http.MethodGet, "/"+b.index, nil, &made); err != nil {
		return err
	}
	fmt.Println("| variant | bytes an event | CPU s of Elasticsearch per 1M documents |\n|---|---|---|")
	for i, v := range variants {
		settings, mappings := clone(made[b.index].Settings.Index), clone(made[b.index].Mappings)
		for _, own := range []string{"uuid", "creation_date", "provided_name", "version", "lifecycle", "routing"} {
			delete(settings, own)
		}
		v.change(settings, mappings)
		body, err := json.Marshal(object{"settings": object{"index": settings}, "mappings": mappings})
		if err != nil {
			return err
		}
		index := fmt.Sprintf("variant-%d", i)
		if err := b.do(http.MethodPut, "/"+index, body, nil); err != nil {
			fmt.Printf("| %s | not possible: %v | |\n", v.name, err)
			continue
		}
		var results []result
		var total float64
		for range b.rounds {
			if err := b.drop(index); err != nil {
				return err
			}
			if err := b.do(http.MethodPut, "/"+index, body, nil); err != nil {
				return err
			}
			r, err := b.loop(index, b.renamed(index), false)
			if err != nil {
				return fmt.Errorf("%s: %w", v.name, err)
			}
			results = append(results, r)
		}
		if total, _, err = b.bytes(index); err != nil {
			return err
		}
		fmt.Printf("| %s | %.0f | %s |\n", v.name, total, three(results, func(r result) float64 { return r.cpu / float64(b.events) * 1e6 }))
		if err := b.drop(index); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) renamed(index string) (parts [][]byte) {
	was := []byte(`{"create":{"_index":"auditlog-write-` + b.index[len("auditlog-"):] + `"`)
	for _, p := range b.lines {
		parts = append(parts, bytes.ReplaceAll(p, was, []byte(`{"create":{"_index":"`+index+`"`)))
	}
	return parts
}

// clone copies an object with all that is in it.
func clone(o object) (c object) {
	text, err := json.Marshal(o)
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		panic(err) // it was decoded from JSON
	}
	return c
}
