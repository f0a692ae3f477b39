// Command auditlog stores audit events that come as OpenTelemetry logs, and
// shows them to the Account Owner and nobody else.
package main

import (
	"fmt"
	"os"
)

func main() {
	if err := newRootCommand().Execute(); err != nil {
		fmt.Fprintln(os.Stderr, "auditlog:", err)
		os.Exit(1)
	}
}
