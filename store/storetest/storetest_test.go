package storetest_test

import (
	"testing"

	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/storetest"
)

// The model stands for every store in the differential test, so it has to pass
// the rest of the suite itself.
func TestModel(t *testing.T) {
	models := make(map[string]*storetest.Model)
	storetest.Run(t, func(_ *testing.T, o storetest.Options) store.Store {
		if models[o.Dir] == nil {
			models[o.Dir] = storetest.NewModel(o.Now, o.Retention)
		}
		models[o.Dir].Reopen()
		return models[o.Dir]
	})
}
