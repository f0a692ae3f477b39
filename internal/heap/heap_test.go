package heap_test

import (
	"os"
	"os/exec"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/internal/heap"
)

// TestMain runs the tests, some of them in a process of their own: what is tested
// holds for the whole of it.
func TestMain(m *testing.M) {
	if os.Getenv("HEAP_TEST_ALONE") != "" {
		heap.KeepFloor(heap.Floor)
	}
	os.Exit(m.Run())
}

// alone runs the test in a process that keeps the floor, and reports whether this
// is it.
func alone(t *testing.T, gogc string) bool {
	if os.Getenv("HEAP_TEST_ALONE") != "" {
		return true
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "HEAP_TEST_ALONE=1", "GOGC="+gogc)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return false
}

// percent is how much may come on top of what is live before it is collected.
func percent() uint64 {
	sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// requirePercent collects until the percentage is between two others.
func requirePercent(t *testing.T, from, to uint64) {
	require.Eventually(t, func() bool {
		runtime.GC()
		return from <= percent() && percent() <= to
	}, time.Minute, time.Millisecond)
}

func TestALittleIsCollectedRarely(t *testing.T) {
	if !alone(t, "") {
		return
	}
	requirePercent(t, 300, 300) // next to nothing is live, and no more than this
	live := make([]byte, 20<<20)
	requirePercent(t, 150, 200) // up to 60 MiB
	much := make([]byte, 80<<20)
	requirePercent(t, 25, 40) // by 30 MiB, as there is nothing to look through
	runtime.KeepAlive(much)
	much = nil
	requirePercent(t, 150, 200) // it is forgotten after a while
	runtime.KeepAlive(live)
}

func TestWhatMustBeLookedThroughCounts(t *testing.T) {
	if !alone(t, "") {
		return
	}
	list := make([]*int, 10<<20) // 80 MiB of pointers
	requirePercent(t, 85, 110)   // as Go does
	runtime.KeepAlive(list)
}

func TestWhoSetsGOGCIsObeyed(t *testing.T) {
	if !alone(t, "150") {
		return
	}
	for range 20 {
		runtime.GC()
		time.Sleep(time.Millisecond) // room for what must not happen
		require.EqualValues(t, 150, percent())
	}
}
