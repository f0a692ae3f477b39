package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
	"go.opentelemetry.io/collector/config/configopaque"
)

// envPrefix begins the name of every environment variable that is a setting.
const envPrefix = "AUDITLOG_"

// AddFlags adds a flag for each of the few settings that are worth changing for
// one start. Every other setting can be a flag too: its name is its YAML path.
func AddFlags(flags *pflag.FlagSet) {
	d := Default()
	flags.String("store.path", d.Store.Path, "directory of the stored events")
	flags.String("store.retention", d.Store.Retention.String(), "how long events are kept")
	flags.String("receiver.grpc.endpoint", d.Receiver.GRPC.Endpoint, "where OTLP over gRPC is taken")
	flags.String("receiver.http.endpoint", d.Receiver.HTTP.Endpoint, "where OTLP over HTTP is taken")
	flags.String("search.endpoint", d.Search.Endpoint, "where the Account Owner's page is served")
	flags.String("telemetry.metrics.endpoint", d.Telemetry.Metrics.Endpoint, "where Prometheus metrics are served; empty is off")
	flags.String("telemetry.health.endpoint", d.Telemetry.Health.Endpoint, "where the health check is served; empty is off")
	flags.String("telemetry.logs.level", d.Telemetry.Logs.Level, "auto, debug, info, warn or error")
}

// Load reads the settings of file, then those of the environment, then those of
// flags; a later one wins, and [Default] fills in the rest. An empty file name
// stands for no file; flags may be nil, and those that are not set or whose
// names are no paths of settings are passed over.
//
// Everything that is wrong is told in one error, a line for each, except that a
// file which is no YAML hides the rest. A secret's value is never part of it.
func Load(file string, flags *pflag.FlagSet) (Config, error) {
	l := loader{config: Default(), viper: viper.New(), origin: map[string]string{}}
	raw, err := l.read(file)
	if err != nil {
		return Config{}, err
	}
	settings := settingsOf(&l.config)
	l.prune("", raw, reflect.TypeFor[Config]())
	if err := l.viper.MergeConfigMap(raw); err != nil {
		return Config{}, fmt.Errorf("read configuration %s: %w", file, err)
	}
	l.bind(settings, flags)
	for _, s := range settings {
		l.decode(s.path, l.viper.Get(s.path), s.value)
	}
	l.unknownVariables(settings)
	l.readTokens()
	unread := l.problems // what could not be read has no value to check
	for _, p := range l.config.check() {
		if !unread.touch(p.path) {
			l.problems = append(l.problems, p)
		}
	}
	if len(l.problems) > 0 {
		return Config{}, l.err()
	}
	return l.config, nil
}

// A setting is one leaf of the configuration.
type setting struct {
	path     string
	value    reflect.Value
	fileOnly bool // a list of sections, for which a variable or flag has no form
}

// variable is the name of the setting's environment variable.
func (s setting) variable() string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(s.path, ".", "_"))
}

// settingsOf lists the settings of c in the order of the struct.
func settingsOf(c *Config) []setting {
	var list []setting
	var walk func(path string, v reflect.Value)
	walk = func(path string, v reflect.Value) {
		if v.Kind() == reflect.Struct {
			for i, field := range fieldsOf(v.Type()) {
				walk(join(path, field), v.Field(i))
			}
			return
		}
		sections := v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct
		list = append(list, setting{path: path, value: v, fileOnly: sections})
	}
	walk("", reflect.ValueOf(c).Elem())
	return list
}

// fieldsOf lists the YAML names of the exported fields of a struct, which come
// before those that are not exported.
func fieldsOf(t reflect.Type) []string {
	var names []string
	for field := range t.Fields() {
		if field.IsExported() {
			names = append(names, field.Tag.Get("yaml"))
		}
	}
	return names
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// loader is one call of [Load].
type loader struct {
	problems
	config Config
	viper  *viper.Viper
	origin map[string]string // of each setting that is not from the file
	named  []string          // variables that the settings name as ${env:NAME}
}

// bind makes viper look for each setting in its environment variable and its
// flag. Each is bound by name, as viper finds no variable for a key that it has
// not met. A variable that is empty counts as not set.
func (l *loader) bind(settings []setting, flags *pflag.FlagSet) {
	for _, s := range settings {
		if s.fileOnly {
			continue
		}
		_ = l.viper.BindEnv(s.path, s.variable()) // fails only without a key
		if os.Getenv(s.variable()) != "" {
			l.origin[s.path] = s.variable()
		}
		if flags == nil {
			continue
		}
		if flag := flags.Lookup(s.path); flag != nil && flag.Changed {
			_ = l.viper.BindPFlag(s.path, flag) // fails only without a flag
			l.origin[s.path] = "--" + flag.Name
		}
	}
}

// serviceLink matches the variables that Kubernetes and Docker set for a service
// named auditlog, or auditlog-search.
var serviceLink = regexp.MustCompile(`_(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?)?)$`)

// unknownVariables reports the variables that were meant to be settings: those
// that begin with a section, or look like a setting. Others may well begin with
// AUDITLOG_ too, such as the ones that ${env:…} names.
func (l *loader) unknownVariables(settings []setting) {
	var known, sections []string // as the variables write them
	for _, s := range settings {
		section, _, _ := strings.Cut(s.path, ".")
		sections = append(sections, strings.ToUpper(section))
		known = append(known, strings.TrimPrefix(s.variable(), envPrefix))
		if s.fileOnly && os.Getenv(s.variable()) != "" {
			l.add(s.variable(), "%s is a list of sections, which only the file can hold", s.path)
		}
	}
	variables := os.Environ()
	slices.Sort(variables)
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		setting, ours := strings.CutPrefix(name, envPrefix)
		if !ours || value == "" || slices.Contains(known, setting) ||
			slices.Contains(l.named, name) || serviceLink.MatchString(name) {
			continue
		}
		section, _, _ := strings.Cut(setting, "_")
		switch near := nearest(setting, known); {
		case near != "":
			l.add(name, "unknown setting; did you mean %s%s?", envPrefix, near)
		case slices.Contains(sections, section):
			l.add(name, "unknown setting of the section %s", strings.ToLower(section))
		}
	}
}

// prune reports and removes what the struct t has no place for. It looks at the
// file before viper does, which folds the case of every key.
func (l *loader) prune(path string, section map[string]any, t reflect.Type) {
	known := fieldsOf(t)
	for _, key := range sortedKeys(section) {
		at := join(path, short(key))
		i := slices.Index(known, key)
		if i < 0 {
			l.add(at, "unknown setting; %s", l.suggest(key, known))
			delete(section, key)
			continue
		}
		switch field := t.Field(i).Type; {
		case section[key] == nil:
			delete(section, key)
		case field.Kind() == reflect.Struct:
			if inner, ok := l.section(at, section[key], field); ok {
				l.prune(at, inner, field)
			} else {
				delete(section, key)
			}
		case field.Kind() == reflect.Slice:
			if list, ok := section[key].([]any); ok {
				l.pruneItems(at, list, field.Elem())
			} else {
				l.add(at, "must be a list, found %s", show(at, section[key]))
				delete(section, key)
			}
		}
	}
}

func (l *loader) pruneItems(path string, list []any, t reflect.Type) {
	if t.Kind() != reflect.Struct {
		return
	}
	for i := range list {
		at := item(path, i)
		inner, ok := l.section(at, list[i], t)
		if !ok {
			inner = map[string]any{} // its place is kept, so that the others keep their numbers
		}
		l.prune(at, inner, t)
		list[i] = inner
	}
}

// section reports a value that should be a section and is none.
func (l *loader) section(path string, raw any, t reflect.Type) (map[string]any, bool) {
	section, ok := raw.(map[string]any)
	if !ok {
		l.add(path, "must be a section with %s; found %s", strings.Join(fieldsOf(t), ", "), kindOf(raw))
	}
	return section, ok
}

// suggest names what an unknown key may have meant: a setting of this section,
// or one of the same name in another.
func (l *loader) suggest(key string, known []string) string {
	if nearest(key, known) == "" {
		for _, s := range settingsOf(&l.config) {
			dot := strings.LastIndexByte(s.path, '.')
			section, name := s.path[:dot], s.path[dot+1:]
			if key == name || key == s.path {
				return fmt.Sprintf("did you mean %s in the section %s?", name, section)
			}
		}
	}
	return suggestion(key, known)
}

// readTokens reads the files that hold tokens.
func (l *loader) readTokens() {
	for i := range l.config.Receiver.Senders {
		sender := &l.config.Receiver.Senders[i]
		for j, file := range sender.TokenFiles {
			path := item(item("receiver.senders", i)+".token_files", j)
			token, err := readToken(file)
			if err != nil {
				l.add(path, "cannot be read: %v", withoutName(err))
				continue
			}
			sender.fromFiles = append(sender.fromFiles, configopaque.String(token))
			if reason := weakToken(token); reason != "" {
				l.add(path, "holds a token that %s", reason)
			}
		}
	}
}

func readToken(file string) (string, error) {
	const most = 4096 // bytes; a longer file, or one without end, is a mistake
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return "", err
	}
	if len(text) > most {
		return "", fmt.Errorf("it has more than %d bytes, which no token has", most)
	}
	return strings.TrimRight(string(text), "\r\n"), nil
}

// withoutName drops the file's name from an error of package os: somebody may
// have put a token where the name of its file belongs.
func withoutName(err error) error {
	if in, ok := errors.AsType[*fs.PathError](err); ok {
		return in.Err
	}
	return err
}

// err returns the problems with the variable or flag that each is from.
func (l *loader) err() error {
	for i, p := range l.problems {
		for setting, origin := range l.origin {
			if within(p.path, setting) {
				l.problems[i].origin = origin
			}
		}
	}
	return l.problems.err()
}
