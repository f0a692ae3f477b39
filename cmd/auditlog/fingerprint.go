package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	redactprocessor "github.com/auditlog/auditlog/processor/redact"
	"github.com/auditlog/auditlog/redact"
)

func newFingerprintCommand(load loader) *cobra.Command {
	var account string
	cmd := &cobra.Command{
		Use:   "fingerprint",
		Short: "Print the fingerprint of a secret, to search for where it was sent",
		Long: `Read a secret from standard input, such as a token that leaked, and print its
fingerprint in an account. Events in which that secret was redacted carry it
under fingerprints, if processor.redact.fingerprints was on when they came.

The secret is read from standard input only, so that it is in no history of the
shell and no list of processes.`,
		Example: `  auditlog fingerprint --account acme < token.txt`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			key, err := redactprocessor.ReadKey(cfg.Processor.Redact.FingerprintKeyFile)
			if err != nil {
				return err
			}
			secret, err := readSecret(cmd.InOrStdin())
			if err != nil {
				return err
			}
			if bits := redact.Entropy(secret); bits < redact.MinEntropy {
				return fmt.Errorf("the value has an estimated %.0f bits of entropy; below %d none is fingerprinted, as it could be guessed", bits, redact.MinEntropy)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), key.Fingerprint(account, secret))
			return err
		},
	}
	cmd.Flags().StringVar(&account, "account", "default", "account whose events are to be searched")
	return cmd
}

func readSecret(r io.Reader) (string, error) {
	const most = 1 << 16 // bytes; longer values are not fingerprinted
	text, err := io.ReadAll(io.LimitReader(r, most+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("read the value: %w", err)
	case len(text) > most:
		return "", fmt.Errorf("the value has more than %d bytes; no longer one is fingerprinted", most)
	}
	secret := redact.Canonical(string(text))
	if secret == "" {
		return "", errors.New("there is no value on standard input")
	}
	return secret, nil
}
