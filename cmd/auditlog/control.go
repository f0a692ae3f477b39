package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/user"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"
	"golang.org/x/term"

	"github.com/auditlog/auditlog/config"
	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/local"
)

var errNotRunning = errors.New("no auditlog is running")

// control sends a command to the server that runs on the configured directory,
// and decodes its answer. It returns [errNotRunning] where there is none.
func control(ctx context.Context, cfg config.Config, method, path string, body, answer any) error {
	client, err := local.Client(cfg.Store.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w on store.path %q", errNotRunning, cfg.Store.Path)
	}
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	encoded, err := json.Marshal(body)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "http://auditlog"+path, bytes.NewReader(encoded))
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("%w on store.path %q", errNotRunning, cfg.Store.Path)
	}
	if err != nil {
		return fmt.Errorf("talk to the running auditlog: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		message, _ := io.ReadAll(io.LimitReader(resp.Body, 4096))
		return errors.New(strings.TrimSpace(string(message)))
	}
	return json.NewDecoder(resp.Body).Decode(answer)
}

// offline runs command on the installation itself, while no server runs.
func offline(ctx context.Context, cfg config.Config, command func(*store.Installation) error) error {
	inst, err := store.OpenInstallation(ctx, storeConfig(cfg.Store), openStore, zap.NewNop())
	if err != nil {
		return err
	}
	return errors.Join(command(inst), inst.Close())
}

// storeConfig is what the configuration says to the extension that owns the store.
func storeConfig(c config.Store) store.Config {
	e := c.Elasticsearch
	return store.Config{
		Path:      c.Path,
		Retention: time.Duration(c.Retention),
		SQLite:    store.SQLiteConfig{MaxOpenDays: c.SQLite.MaxOpenDays},
		Spool:     store.SpoolConfig{MaxSize: int64(c.Spool.MaxSize)},
		Elasticsearch: store.ElasticsearchConfig{
			URLs: e.URLs, CloudID: e.CloudID, APIKeyFile: e.APIKeyFile, Username: e.Username, PasswordFile: e.PasswordFile,
			TLS: store.ElasticsearchTLS(e.TLS), Index: e.Index, Shards: e.Shards, Replicas: e.Replicas, Compression: e.Compression,
			RequestSize: int(e.RequestSize), Concurrency: e.Concurrency, Timeout: time.Duration(e.Timeout), Manage: e.Manage,
			Retention: store.ElasticsearchRetention(e.Retention),
		},
	}
}

func currentUser() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "local"
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func signInLink(ctx context.Context, cfg config.Config, account string) (link string, err error) {
	err = control(ctx, cfg, http.MethodPost, "/signin?account="+url.QueryEscape(account), nil, &link)
	return link, err
}

func newSignInCommand(load loader) *cobra.Command {
	var account string
	cmd := &cobra.Command{
		Use:   "signin",
		Short: "Print a one-time link to the owner's page",
		Long:  "Print a link that signs its first user in as the owner of an account. It works once, within ten minutes.\nRun it where the server runs, as the server's user.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			link, err := signInLink(cmd.Context(), cfg, account)
			if errors.Is(err, errNotRunning) {
				return fmt.Errorf("%w: start it first, or name its directory with --store.path or --config", err)
			}
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), link)
			return nil
		},
	}
	cmd.Flags().StringVar(&account, "account", store.DefaultAccount, "account of the owner")
	return cmd
}

func newTokenCommand(load loader) *cobra.Command {
	token := &cobra.Command{
		Use:   "token",
		Short: "Create, list and revoke bearer tokens",
		Long:  "Owner tokens read the API and never write. Sender tokens send events and never read.\nTokens are kept as hashes: a lost one is revoked and replaced.",
	}
	token.AddCommand(newTokenCreateCommand(load), newTokenListCommand(load), newTokenRevokeCommand(load))
	return token
}

func newTokenCreateCommand(load loader) *cobra.Command {
	var req store.TokenRequest
	var kind, expires string
	cmd := &cobra.Command{
		Use:   "create --name NAME",
		Short: "Create a token and print it, once",
		Example: `  auditlog token create --name siem --expires 90d
  auditlog token create --kind sender --name checkout --account acme`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			req.Kind = local.TokenKind(kind)
			if req.Expires, err = expiry(expires); err != nil {
				return err
			}
			var secret string
			err = control(cmd.Context(), cfg, http.MethodPost, "/tokens", req, &secret)
			if errors.Is(err, errNotRunning) {
				err = offline(cmd.Context(), cfg, func(i *store.Installation) (err error) {
					secret, err = i.CreateToken(cmd.Context(), currentUser(), req)
					return err
				})
			}
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), secret)
			return nil
		},
	}
	cmd.Flags().StringVar(&req.Name, "name", "", "name of the token, which appears in the trail")
	cmd.Flags().StringVar(&kind, "kind", string(local.OwnerToken), "owner (reads) or sender (writes)")
	cmd.Flags().StringSliceVar(&req.Accounts, "account", []string{store.DefaultAccount}, `account it is for; may repeat; "*" is any, for senders`)
	cmd.Flags().StringVar(&expires, "expires", "", "lifetime, like 30d or 12h (default: it never expires)")
	cobra.CheckErr(cmd.MarkFlagRequired("name"))
	return cmd
}

func expiry(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	var lifetime config.Duration
	if err := lifetime.UnmarshalText([]byte(text)); err != nil || lifetime <= 0 {
		return time.Time{}, fmt.Errorf("--expires %q: must be a lifetime like 30d or 12h", text)
	}
	return time.Now().Add(time.Duration(lifetime)).UTC(), nil
}

func newTokenListCommand(load loader) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the tokens, without their secrets",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			var tokens []local.Token
			err = control(cmd.Context(), cfg, http.MethodGet, "/tokens", nil, &tokens)
			if errors.Is(err, errNotRunning) {
				err = offline(cmd.Context(), cfg, func(i *store.Installation) error {
					tokens = i.Tokens()
					return nil
				})
			}
			if err != nil {
				return err
			}
			return printTokens(cmd.OutOrStdout(), tokens)
		},
	}
}

func printTokens(out io.Writer, tokens []local.Token) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tKIND\tACCOUNTS\tCREATED\tEXPIRES")
	for _, t := range tokens {
		expires := "never"
		if !t.Expires.IsZero() {
			if expires = t.Expires.Format(time.RFC3339); t.Expires.Before(time.Now()) {
				expires += " (expired)"
			}
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", t.Name, t.Kind, strings.Join(t.Accounts, ","), t.Created.Format(time.RFC3339), expires)
	}
	return w.Flush()
}

func newTokenRevokeCommand(load loader) *cobra.Command {
	return &cobra.Command{
		Use:   "revoke NAME",
		Short: "Revoke a token, at once",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			var nothing any
			err = control(cmd.Context(), cfg, http.MethodDelete, "/tokens/"+url.PathEscape(args[0]), nil, &nothing)
			if errors.Is(err, errNotRunning) {
				err = offline(cmd.Context(), cfg, func(i *store.Installation) error {
					return i.RevokeToken(cmd.Context(), currentUser(), args[0])
				})
			}
			return err
		},
	}
}

func newStatusCommand(load loader) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Print what was accepted and where it is",
		Long:  "Print the sum that always holds: accepted = stored + duplicates + dead letters + waiting.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			var s store.Status
			err = control(cmd.Context(), cfg, http.MethodGet, "/status", nil, &s)
			running := err == nil
			if errors.Is(err, errNotRunning) {
				err = offline(cmd.Context(), cfg, func(i *store.Installation) (err error) {
					s, err = i.Status(cmd.Context())
					return err
				})
			}
			if err != nil {
				return err
			}
			return printStatus(cmd.OutOrStdout(), s, running)
		},
	}
}

func printStatus(out io.Writer, s store.Status, running bool) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "server running\t%t\t\n", running)
	fmt.Fprintf(w, "accepted\t%d\t\n= stored\t%d\t\n+ duplicates\t%d\t\n+ dead letters\t%d\t\n+ waiting\t%d\t\n", s.Accepted, s.Stored, s.Duplicates, s.DeadLetters, s.Waiting)
	if s.Waiting > 0 {
		fmt.Fprintf(w, "oldest waiting\t%s\t\n", s.WaitingAge(time.Now()).Round(time.Second))
	}
	fmt.Fprintf(w, "days kept\t%d\t\n", s.Days)
	if s.Oldest != "" {
		fmt.Fprintf(w, "oldest day\t%s\t\nnewest day\t%s\t\n", s.Oldest, s.Newest)
	}
	err := w.Flush()
	if s.Accepted != s.Stored+s.Duplicates+s.DeadLetters+s.Waiting {
		err = errors.Join(err, errors.New("the sum does not hold: please report this"))
	}
	if s.Problem != "" {
		fmt.Fprintln(out, "\nattention:", s.Problem)
	}
	return err
}
