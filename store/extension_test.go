package store_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os/user"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/local"
	"github.com/auditlog/auditlog/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func model(context.Context, store.Config, *zap.Logger) (store.Store, error) {
	return storetest.NewModel(time.Now, 30*24*time.Hour), nil
}

func start(t *testing.T, telemetry component.TelemetrySettings) (*store.Extension, string) {
	return startOver(t, telemetry, model)
}

func startOver(t *testing.T, telemetry component.TelemetrySettings, open store.Open) (*store.Extension, string) {
	f := store.NewFactory(open)
	cfg := f.CreateDefaultConfig().(*store.Config)
	cfg.Path = t.TempDir()
	set := extensiontest.NewNopSettings(store.Type)
	set.TelemetrySettings = telemetry
	ext, err := f.Create(t.Context(), set, cfg)
	require.NoError(t, err)
	require.NoError(t, ext.Start(t.Context(), componenttest.NewNopHost()))
	t.Cleanup(func() { require.NoError(t, ext.Shutdown(context.Background())) })
	return ext.(*store.Extension), cfg.Path
}

func command(t *testing.T, path, method, route string, body, answer any) (status int, text string) {
	client, err := local.Client(path)
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	encoded, err := json.Marshal(body)
	require.NoError(t, err)
	req, err := http.NewRequest(method, "http://auditlog"+route, bytes.NewReader(encoded))
	require.NoError(t, err)
	resp, err := client.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	if answer != nil {
		require.NoError(t, json.Unmarshal(got, answer), string(got))
	}
	return resp.StatusCode, string(got)
}

func actions(t *testing.T, s store.Reader, account string) (list []string) {
	p, err := s.Search(t.Context(), store.Caller{Name: "t", Accounts: []string{account}}, store.Query{
		Start: time.Now().Add(-time.Hour), End: time.Now().Add(time.Hour), Limit: 100, Ascending: true,
	})
	require.NoError(t, err)
	me, err := user.Current()
	require.NoError(t, err)
	for _, e := range p.Events {
		if e.Text(audit.UserName) == me.Username {
			list = append(list, e.Text(audit.Action)+" "+e.Text(audit.EntityID))
		}
	}
	return list
}

func TestCommandsBesideTheServer(t *testing.T) {
	ext, path := start(t, componenttest.NewNopTelemetrySettings())
	var secret string
	command(t, path, http.MethodPost, "/tokens", store.TokenRequest{Name: "siem/1", Kind: local.OwnerToken, Accounts: []string{"acme", "beta"}}, &secret)
	token, ok := ext.Token(secret)
	require.True(t, ok)
	require.Equal(t, "siem/1", token.Name)

	status, text := command(t, path, http.MethodPost, "/tokens", store.TokenRequest{Name: "siem/1", Kind: local.OwnerToken, Accounts: []string{"acme"}}, nil)
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Contains(t, text, "a token of this name exists")

	var tokens []local.Token
	_, text = command(t, path, http.MethodGet, "/tokens", nil, &tokens)
	require.Len(t, tokens, 1)
	require.NotContains(t, text, secret)

	var s store.Status
	command(t, path, http.MethodGet, "/status", nil, &s)
	require.EqualValues(t, 3, s.Accepted, "the start, and the token in two accounts")

	command(t, path, http.MethodDelete, "/tokens/siem%2F1", nil, nil)
	_, ok = ext.Token(secret)
	require.False(t, ok)
	require.Equal(t, []string{"token.create siem/1", "token.revoke siem/1"}, actions(t, ext, "acme"))
	require.Equal(t, []string{"token.create siem/1", "token.revoke siem/1"}, actions(t, ext, "beta"))
}

// unwritable is a store that takes the start, and nothing else.
type unwritable struct {
	store.Store
	writes int
}

func (u *unwritable) Write(ctx context.Context, b store.Batch) error {
	if u.writes++; u.writes > 1 {
		return errors.New("the disk is full")
	}
	return u.Store.Write(ctx, b)
}

func TestNoTokenWithoutItsRecord(t *testing.T) {
	m, err := model(t.Context(), store.Config{}, nil)
	require.NoError(t, err)
	open := func(context.Context, store.Config, *zap.Logger) (store.Store, error) {
		return &unwritable{Store: m, writes: 1}, nil
	}
	inst, err := store.OpenInstallation(t.Context(), store.Config{Path: t.TempDir()}, open, zap.NewNop())
	require.NoError(t, err)
	_, err = inst.CreateToken(t.Context(), "root", store.TokenRequest{Name: store.Own, Kind: local.SenderToken, Accounts: []string{"a"}})
	require.ErrorContains(t, err, "must not be called")
	_, err = inst.CreateToken(t.Context(), "root", store.TokenRequest{Name: "n", Kind: local.OwnerToken, Accounts: []string{"a"}})
	require.ErrorContains(t, err, "the disk is full")
	require.Empty(t, inst.Tokens())
	require.NoError(t, inst.Close())
}

func TestOneProcessAtATime(t *testing.T) {
	_, path := start(t, componenttest.NewNopTelemetrySettings())
	_, err := store.OpenInstallation(t.Context(), store.Config{Path: path}, model, zap.NewNop())
	require.ErrorIs(t, err, local.ErrLocked)
}

func TestAStoreThatDoesNotOpenUnlocks(t *testing.T) {
	path := t.TempDir()
	broken := func(context.Context, store.Config, *zap.Logger) (store.Store, error) {
		return nil, errors.New("broken")
	}
	for range 2 {
		_, err := store.OpenInstallation(t.Context(), store.Config{Path: path}, broken, zap.NewNop())
		require.EqualError(t, err, "broken")
	}
}

func TestMetricsAreTheStatus(t *testing.T) {
	tel := componenttest.NewTelemetry()
	defer func() { require.NoError(t, tel.Shutdown(context.Background())) }()
	ext, _ := start(t, tel.NewTelemetrySettings())
	require.NoError(t, ext.Record(t.Context(), store.Entry{User: "x", Action: "y"}, "a", "b"))
	for name, want := range map[string]int64{"auditlog_accepted": 3, "auditlog_stored": 3, "auditlog_duplicates": 0, "auditlog_dead_letters": 0} {
		m, err := tel.GetMetric(name)
		require.NoError(t, err)
		require.Equal(t, want, m.Data.(metricdata.Sum[int64]).DataPoints[0].Value, name)
	}
}

// waiting is a store with a record that waits since 1970.
type waiting struct{ store.Store }

func (w waiting) Status(ctx context.Context) (store.Status, error) {
	s, err := w.Store.Status(ctx)
	s.Accepted, s.Waiting, s.OldestWaiting = s.Accepted+1, 1, time.Unix(0, 0)
	return s, err
}

func TestMetricsOfWhatWaits(t *testing.T) {
	tel := componenttest.NewTelemetry()
	defer func() { require.NoError(t, tel.Shutdown(context.Background())) }()
	age := func() float64 {
		m, err := tel.GetMetric("auditlog_waiting_age")
		require.NoError(t, err)
		return m.Data.(metricdata.Gauge[float64]).DataPoints[0].Value
	}
	t.Run("nothing", func(t *testing.T) {
		start(t, tel.NewTelemetrySettings())
		require.Zero(t, age())
	})
	startOver(t, tel.NewTelemetrySettings(), func(context.Context, store.Config, *zap.Logger) (store.Store, error) {
		return waiting{storetest.NewModel(time.Now, 30*24*time.Hour)}, nil
	})
	require.Greater(t, age(), 50*365*24*time.Hour.Seconds())
	m, err := tel.GetMetric("auditlog_waiting")
	require.NoError(t, err)
	require.EqualValues(t, 1, m.Data.(metricdata.Gauge[int64]).DataPoints[0].Value)
}

func TestFindNamesTheSetting(t *testing.T) {
	_, err := store.Find(componenttest.NewNopHost(), component.NewID(store.Type))
	require.ErrorContains(t, err, "`store`: there is no extension")
}

func TestConfigSaysWhatIsWrong(t *testing.T) {
	cfg := store.NewFactory(model).CreateDefaultConfig().(*store.Config)
	require.NoError(t, cfg.Validate())
	cfg.Path, cfg.Retention, cfg.SQLite.MaxOpenDays = "", time.Hour, 0
	err := cfg.Validate()
	for _, want := range []string{"`path`", "`retention`", "`sqlite.max_open_days`"} {
		require.ErrorContains(t, err, want)
	}
}
