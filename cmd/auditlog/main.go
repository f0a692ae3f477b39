// Command auditlog stores audit events that come as OpenTelemetry logs, and
// shows them to the Account Owner and nobody else.
package main

import (
	"fmt"
	"os"

	"github.com/auditlog/auditlog/internal/heap"
)

func main() {
	heap.KeepFloor(heap.Floor)
	if err := newRootCommand().Execute(); err != nil {
		fmt.Fprintln(os.Stderr, "auditlog:", err)
		os.Exit(1)
	}
}
