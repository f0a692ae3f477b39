package sqlite_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/sqlite"
	"github.com/auditlog/auditlog/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	for name, open := range map[string]int{"all files open": 0, "one file open": 1} {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T, o storetest.Options) store.Store {
				s, err := sqlite.Open(t.Context(), sqlite.Options{
					Path: o.Dir, Retention: o.Retention, Now: o.Now, MaxOpenDays: open,
				})
				require.NoError(t, err)
				return s
			})
		})
	}
}
