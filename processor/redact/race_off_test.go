//go:build !race

package redactprocessor_test

const race = false
