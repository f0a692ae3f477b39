package redactprocessor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/auditlog/auditlog/redact"
)

// KeyVariable is the environment variable that holds the fingerprint key where
// no file is named.
const KeyVariable = "AUDITLOG_FINGERPRINT_KEY"

// ReadKey reads the fingerprint key from a file, or from [KeyVariable] if file is
// empty. Its errors hold neither the key nor the file's name, in the place of
// which somebody may have put the key.
func ReadKey(file string) (redact.Key, error) {
	if file == "" {
		text := os.Getenv(KeyVariable)
		if text == "" {
			return nil, fmt.Errorf("there is no fingerprint key: name a file that holds it, or set %s", KeyVariable)
		}
		key, err := redact.NewKey(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", KeyVariable, err)
		}
		return key, nil
	}
	text, err := os.ReadFile(file)
	if in, ok := errors.AsType[*fs.PathError](err); ok {
		err = in.Err
	}
	if err != nil {
		return nil, fmt.Errorf("read the fingerprint key: %w", err)
	}
	key, err := redact.NewKey(string(text))
	if err != nil {
		return nil, fmt.Errorf("the fingerprint key's file: %w", err)
	}
	return key, nil
}
