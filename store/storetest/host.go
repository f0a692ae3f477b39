package storetest

import (
	"context"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.uber.org/zap"

	"github.com/auditlog/auditlog/store"
)

// A Host has the store's extension, as components of a Collector find it.
type Host struct {
	component.Host
	// Store is the extension, which runs.
	Store *store.Extension
	// Path is its directory.
	Path string
}

// NewHost starts the store's extension over s, in a directory of its own, until
// the test ends.
func NewHost(t testing.TB, s store.Store) Host {
	t.Helper()
	factory := store.NewFactory(func(context.Context, store.Config, *zap.Logger) (store.Store, error) { return s, nil })
	cfg := factory.CreateDefaultConfig().(*store.Config)
	cfg.Path = t.TempDir()
	ext, err := factory.Create(context.Background(), extensiontest.NewNopSettings(store.Type), cfg)
	require.NoError(t, err)
	h := Host{Host: componenttest.NewNopHost(), Store: ext.(*store.Extension), Path: cfg.Path}
	require.NoError(t, ext.Start(context.Background(), h))
	t.Cleanup(func() { require.NoError(t, ext.Shutdown(context.Background())) })
	return h
}

// GetExtensions implements [component.Host].
func (h Host) GetExtensions() map[component.ID]component.Component {
	extensions := maps.Clone(h.Host.GetExtensions())
	if extensions == nil {
		extensions = map[component.ID]component.Component{}
	}
	extensions[component.NewID(store.Type)] = h.Store
	return extensions
}
