package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/processor"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/zap"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/config"
	"github.com/auditlog/auditlog/processor/normalize"
	redactprocessor "github.com/auditlog/auditlog/processor/redact"
)

func newRedactCommand(load loader) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "redact [file]",
		Short: "Show what redaction does to events, with the rule that fired",
		Long: `Read events from a file or standard input, normalize and redact them as
configured, and show each field that changed: before, after, and the rules.
Nothing is stored or sent.

An event is a JSON object of attributes, or OTLP. The input may be one of them, a
JSON array, one to a line (NDJSON), or an OTLP file, JSON or protobuf.

The output holds the secrets of the input, as what was there before.`,
		Example: `  echo '{"user.name":"ada","request.body":{"password":"x"}}' | auditlog redact
  auditlog redact --json events.ndjson`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			input, err := readInput(cmd.InOrStdin(), args)
			if err != nil {
				return err
			}
			events, err := parseEvents(input)
			if err != nil {
				return err
			}
			changes, err := tryRules(cmd.Context(), cfg, events)
			if err != nil {
				return err
			}
			if asJSON {
				return writeChangesJSON(cmd.OutOrStdout(), changes)
			}
			return writeChanges(cmd.OutOrStdout(), changes)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object for each event")
	return cmd
}

// maxInput is the most that is read, in bytes.
const maxInput = 256 << 20

func readInput(stdin io.Reader, args []string) ([]byte, error) {
	in := stdin
	if len(args) == 1 && args[0] != "-" {
		f, err := os.Open(args[0])
		if err != nil {
			return nil, fmt.Errorf("open the events: %w", err)
		}
		defer f.Close()
		in = f
	}
	input, err := io.ReadAll(io.LimitReader(in, maxInput+1))
	if err != nil {
		return nil, fmt.Errorf("read the events: %w", err)
	}
	if len(input) > maxInput {
		return nil, fmt.Errorf("the events have more than %d MiB; give them in parts", maxInput>>20)
	}
	return input, nil
}

// parseEvents reads events in any of the forms that the command takes. Its errors
// hold no value of an event.
func parseEvents(input []byte) (plog.Logs, error) {
	logs := plog.NewLogs()
	trimmed := bytes.TrimSpace(input)
	if len(trimmed) == 0 {
		return logs, errors.New("there are no events in the input")
	}
	if trimmed[0] != '{' && trimmed[0] != '[' {
		unmarshaler := plog.ProtoUnmarshaler{}
		logs, err := unmarshaler.UnmarshalLogs(input)
		if err != nil || logs.LogRecordCount() == 0 {
			return logs, errors.New("the input is neither JSON nor OTLP in protobuf")
		}
		return logs, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(trimmed))
	for n := 1; ; n++ {
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err == io.EOF {
			return logs, nil
		} else if err != nil {
			return logs, fmt.Errorf("event %d, at byte %d: not valid JSON", n, decoder.InputOffset())
		}
		list := []json.RawMessage{raw}
		if raw[0] == '[' {
			list = nil
			if err := json.Unmarshal(raw, &list); err != nil {
				return logs, fmt.Errorf("event %d: not valid JSON", n)
			}
		}
		for _, event := range list {
			if err := addEvent(logs, event); err != nil {
				return logs, fmt.Errorf("event %d: %w", n, err)
			}
		}
	}
}

// addEvent adds OTLP, or an object of attributes.
func addEvent(logs plog.Logs, raw json.RawMessage) error {
	var object map[string]any
	if json.Unmarshal(raw, &object) != nil || object == nil {
		return errors.New("must be a JSON object")
	}
	if _, ok := object["resourceLogs"]; ok {
		unmarshaler := plog.JSONUnmarshaler{}
		otlp, err := unmarshaler.UnmarshalLogs(raw)
		if err != nil {
			return errors.New("has resourceLogs and is not valid OTLP")
		}
		otlp.ResourceLogs().MoveAndAppendTo(logs.ResourceLogs())
		return nil
	}
	record := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	if err := record.Attributes().FromRaw(object); err != nil {
		return errors.New("has a value that is no attribute")
	}
	return nil
}

// A change is what redaction did to one event.
type change struct {
	Before     map[string]any `json:"before"`
	After      map[string]any `json:"after"`
	Redactions []any          `json:"redactions"` // "path: rule"
}

// tryRules normalizes and redacts events as the configuration says.
func tryRules(ctx context.Context, cfg config.Config, logs plog.Logs) ([]change, error) {
	settings := cfg.Collector()["processors"].(map[string]any)
	var changes []change
	redaction, err := newStage(ctx, redactprocessor.NewFactory(), settings, func(_ context.Context, logs plog.Logs) error {
		for i, record := range records(logs) {
			changes[i].After = fields(record)
			changes[i].Redactions, _ = changes[i].After[audit.Redactions.Name].([]any)
			delete(changes[i].After, audit.Redactions.Name)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	normalization, err := newStage(ctx, normalize.NewFactory(), settings, func(ctx context.Context, logs plog.Logs) error {
		for _, record := range records(logs) {
			changes = append(changes, change{Before: fields(record)})
		}
		return redaction.ConsumeLogs(ctx, logs)
	})
	if err != nil {
		return nil, err
	}
	for _, record := range records(logs) {
		record.Attributes().RemoveIf(func(name string, _ pcommon.Value) bool { return setByAuditlog(name) })
	}
	if err := normalization.ConsumeLogs(ctx, logs); err != nil {
		return nil, fmt.Errorf("redact the events: %w", err)
	}
	return changes, nil
}

// setByAuditlog reports whether an attribute counts only if the receiver set it.
func setByAuditlog(name string) bool {
	f := audit.ByAttribute(name)
	return f != nil && f.Stamped || strings.HasPrefix(name, "audit.dead_letter.") || name == audit.AttributeID || name == audit.AttributeFingerprint
}

func newStage(ctx context.Context, f processor.Factory, settings map[string]any, next consumer.ConsumeLogsFunc) (consumer.Logs, error) {
	cfg := f.CreateDefaultConfig()
	section, _ := settings[f.Type().String()].(map[string]any)
	if err := confmap.NewFromStringMap(section).Unmarshal(cfg); err != nil {
		return nil, fmt.Errorf("configure %s: %w", f.Type(), err)
	}
	sink, err := consumer.NewLogs(next, consumer.WithCapabilities(consumer.Capabilities{MutatesData: true}))
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", f.Type(), err)
	}
	set := processor.Settings{ID: component.NewID(f.Type()), TelemetrySettings: component.TelemetrySettings{
		Logger: zap.NewNop(), MeterProvider: metricnoop.NewMeterProvider(), TracerProvider: tracenoop.NewTracerProvider(), Resource: pcommon.NewResource(),
	}}
	stage, err := f.CreateLogs(ctx, set, cfg, sink)
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", f.Type(), err)
	}
	return stage, nil
}

func records(logs plog.Logs) (list []plog.LogRecord) {
	for _, resource := range logs.ResourceLogs().All() {
		for _, scope := range resource.ScopeLogs().All() {
			for _, record := range scope.LogRecords().All() {
				list = append(list, record)
			}
		}
	}
	return list
}

// fields are the values of a record under their names in the API. What the
// program sets by the clock is none of the sender's.
func fields(record plog.LogRecord) map[string]any {
	m := map[string]any{}
	for name, v := range record.Attributes().All() {
		switch f := audit.ByAttribute(name); {
		case f == audit.Received || f == audit.Time:
		case f != nil:
			m[f.Name] = v.AsRaw()
		default:
			m[name] = v.AsRaw()
		}
	}
	return m
}

func writeChangesJSON(w io.Writer, changes []change) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	for _, c := range changes {
		if c.Redactions == nil {
			c.Redactions = []any{}
		}
		if err := encoder.Encode(c); err != nil {
			return fmt.Errorf("write an event: %w", err)
		}
	}
	return nil
}

// writeChanges prints the fields that changed in the order of the table.
func writeChanges(w io.Writer, changes []change) error {
	var b strings.Builder
	for i, c := range changes {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "event %d\n", i+1)
		unchanged := true
		for f := range audit.Fields() {
			before, after := display(c.Before[f.Name]), display(c.After[f.Name])
			if before == after {
				continue
			}
			unchanged = false
			fmt.Fprintf(&b, "  %s\n    before  %s\n    after   %s\n", f.Name, before, after)
			for _, r := range c.Redactions {
				path, rule, _ := strings.Cut(fmt.Sprint(r), ": ")
				if path == f.Name || strings.HasPrefix(path, f.Name+".") {
					fmt.Fprintf(&b, "    rule    %s at %s\n", rule, path)
				}
			}
		}
		if unchanged {
			b.WriteString("  nothing was redacted\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// display is a value on one line.
func display(v any) string {
	if v == nil {
		return "-"
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(v) // of what AsRaw returns, into memory: cannot fail
	return strings.TrimSpace(b.String())
}
