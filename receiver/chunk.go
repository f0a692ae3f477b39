package receiver

import "go.opentelemetry.io/collector/pdata/plog"

// maxChunk is how many records go down the pipeline at once. A request of tiny
// records takes many times its own size there.
const maxChunk = 10_000

// chunks hands the records of logs on in parts of at most max, in their order,
// and stops at the first error. What went before is stored then; the sender
// sends everything again, and it is known by its identity. It empties logs.
func chunks(logs plog.Logs, max int, next func(plog.Logs) error) error {
	if logs.LogRecordCount() <= max {
		return next(logs)
	}
	part, room := plog.NewLogs(), max
	for _, resource := range logs.ResourceLogs().All() {
		to, begun := plog.ResourceLogs{}, false // of this resource, in part
		for _, scope := range resource.ScopeLogs().All() {
			for scope.LogRecords().Len() > 0 {
				if !begun {
					to, begun = part.ResourceLogs().AppendEmpty(), true
					resource.Resource().CopyTo(to.Resource())
				}
				toScope := to.ScopeLogs().AppendEmpty()
				scope.Scope().CopyTo(toScope.Scope())
				if room -= moveRecords(scope.LogRecords(), toScope.LogRecords(), room); room > 0 {
					continue
				}
				if err := next(part); err != nil {
					return err
				}
				part, room, begun = plog.NewLogs(), max, false
			}
		}
	}
	if room == max {
		return nil
	}
	return next(part)
}

// moveRecords moves the first n records, or all if there are fewer, and returns
// how many it moved.
func moveRecords(from, to plog.LogRecordSlice, n int) int {
	if from.Len() <= n {
		n = from.Len()
		from.MoveAndAppendTo(to)
		return n
	}
	to.EnsureCapacity(n)
	moved := 0
	from.RemoveIf(func(r plog.LogRecord) bool {
		if moved == n {
			return false
		}
		r.MoveTo(to.AppendEmpty())
		moved++
		return true
	})
	return n
}
