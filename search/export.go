package search

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
)

// exportPage is how many events an export holds in memory.
const exportPage = 500

// A rowWriter writes events in one format.
type rowWriter interface {
	head() error
	row(e *audit.Event) error
	flush() error
}

// exportNDJSON streams every event of the query, a JSON object in each line.
func (a *api) exportNDJSON(s *stream, r *http.Request, o owner) error {
	return a.export(s, r, o, exportParameters, "ndjson", "application/x-ndjson", func(asked) rowWriter { return &jsonRows{s: s} })
}

// exportCSV streams every event of the query as CSV (RFC 4180).
func (a *api) exportCSV(s *stream, r *http.Request, o owner) error {
	return a.export(s, r, o, columnParameters, "csv", "text/csv; charset=utf-8; header=present", func(ask asked) rowWriter {
		w := csv.NewWriter(s)
		w.UseCRLF = true
		return &csvRows{w: w, s: s, columns: ask.columns}
	})
}

// export records that it begins before the first row, and with how many rows it
// ended before the answer does.
func (a *api) export(s *stream, r *http.Request, o owner, parameters []string, format, contentType string, rows func(asked) rowWriter) error {
	ask, err := a.parse(r, o, parameters)
	if err != nil {
		return err
	}
	free, err := a.exports.take(o.key, "exports")
	if err != nil {
		return err
	}
	defer free()
	ask.query.Limit = exportPage
	page, err := a.store.Search(r.Context(), o.caller, ask.query)
	if err != nil {
		return err
	}
	if err := a.reads.exporting(r.Context(), o, a.address(r), ask, format); err != nil {
		return err
	}
	s.w.Header().Set("Content-Type", contentType)
	s.w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="auditlog-%s.%s"`, a.now().UTC().Format("20060102T150405Z"), format))
	n, err := a.writeRows(s, r, o, ask, page, rows(ask))
	// Who went away has rows all the same.
	if recordErr := a.reads.exported(context.WithoutCancel(r.Context()), o, a.address(r), ask, format, n, err == nil); err == nil {
		err = recordErr
	}
	return err
}

// writeRows returns how many rows it wrote.
func (a *api) writeRows(s *stream, r *http.Request, o owner, ask asked, page store.Page, w rowWriter) (n int64, err error) {
	if err := w.head(); err != nil {
		return 0, err
	}
	watch := watch{api: a, last: a.now()}
	for {
		for i := range page.Events {
			if err := w.row(&page.Events[i]); err != nil {
				return n, err
			}
			n++
		}
		if err := w.flush(); err != nil {
			return n, err
		}
		if page.Next == nil {
			return n, s.flush()
		}
		if err := watch.again(r, ask.query.Account); err != nil {
			return n, err
		}
		ask.query.After = page.Next
		if page, err = a.store.Search(r.Context(), o.caller, ask.query); err != nil {
			return n, err
		}
	}
}

type jsonRows struct {
	s      *stream
	buffer []byte
}

func (w *jsonRows) head() error { return nil }

func (w *jsonRows) row(e *audit.Event) error {
	w.buffer = append(e.AppendJSON(w.buffer), '\n')
	if len(w.buffer) < 64<<10 {
		return nil
	}
	return w.flush()
}

func (w *jsonRows) flush() error {
	_, err := w.s.Write(w.buffer)
	w.buffer = w.buffer[:0]
	return err
}

type csvRows struct {
	w       *csv.Writer
	s       *stream
	columns []*audit.Field
	cells   []string
}

func (w *csvRows) head() error {
	var names []string
	for _, f := range w.columns {
		if f == nil {
			names = append(names, "id")
			continue
		}
		names = append(names, f.Name)
	}
	return w.w.Write(names)
}

func (w *csvRows) row(e *audit.Event) error {
	w.cells = w.cells[:0]
	for _, f := range w.columns {
		if f == nil {
			w.cells = append(w.cells, e.ID.String())
			continue
		}
		w.cells = append(w.cells, harmless(strings.Join(e.Values(f), "; ")))
	}
	return w.w.Write(w.cells)
}

func (w *csvRows) flush() error {
	w.w.Flush()
	return w.w.Error()
}

// harmless puts a ' before what a spreadsheet would take for a formula. The
// wide forms are taken for the same by some.
func harmless(cell string) string {
	trimmed := strings.TrimLeft(cell, " \u00a0\u3000\ufeff\x00")
	if trimmed != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(trimmed)[0]) {
		return "'" + cell
	}
	return cell
}
