package page_test

import (
	"os"
	"testing"

	"github.com/auditlog/auditlog/internal/browsertest"
)

func TestMain(m *testing.M) {
	end := browsertest.Share()
	code := m.Run()
	end()
	os.Exit(code)
}
