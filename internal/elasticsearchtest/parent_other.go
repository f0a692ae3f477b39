//go:build !linux

package elasticsearchtest

import "syscall"

func dieWithParent(*syscall.SysProcAttr) {}
