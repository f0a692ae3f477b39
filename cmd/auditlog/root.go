package main

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/auditlog/auditlog/config"
)

// version is set by the linker of a release.
var version = "dev"

func newRootCommand() *cobra.Command {
	var file string
	load := func(cmd *cobra.Command) (config.Config, error) { return config.Load(file, cmd.Flags()) }
	root := &cobra.Command{
		Use:   "auditlog",
		Short: "Audit logs for the Account Owner, on OpenTelemetry",
		Long: `auditlog takes audit events as OpenTelemetry logs (OTLP), normalizes and redacts
them, stores them for 30 days, and lets the Account Owner, and nobody else,
search them.

Without a command it runs the server. Without a configuration file it listens on
this machine only and stores in ./auditlog-data.`,
		Example: `  auditlog                                       run the server
  auditlog --config /etc/auditlog.yaml           run it as configured
  auditlog sample                                send a day of made-up events
  auditlog signin                                print a link to the owner's page
  auditlog token create --name siem --expires 90d
                                                 print a token that reads the API`,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			return serve(cmd.Context(), cfg, cmd.ErrOrStderr())
		},
	}
	root.PersistentFlags().StringVarP(&file, "config", "c", "", "YAML `file` with settings; see config.example.yaml")
	config.AddFlags(root.PersistentFlags())
	root.AddCommand(
		newSampleCommand(load),
		newSignInCommand(load),
		newTokenCommand(load),
		newStatusCommand(load),
		newDeadLetterCommand(load),
		newRedactCommand(load),
		newFingerprintCommand(load),
		newConfigCommand(load),
		newVersionCommand(),
	)
	return root
}

// loader reads the configuration that the command's flags name.
type loader func(*cobra.Command) (config.Config, error)

func newConfigCommand(load loader) *cobra.Command {
	return &cobra.Command{
		Use:   "config",
		Short: "Print the effective configuration, secrets masked",
		Long:  "Print the settings that are in force: defaults, file, environment and flags put together. Secrets are masked.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			text, err := cfg.Masked()
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
}

func newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		Run: func(cmd *cobra.Command, _ []string) {
			fmt.Fprintln(cmd.OutOrStdout(), "auditlog", fullVersion())
		},
	}
}

// fullVersion is the version with the commit it was built from, where known.
func fullVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return version
	}
	text := version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			text += " " + s.Value
		}
	}
	return text + " " + info.GoVersion
}
