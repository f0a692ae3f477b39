package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/config"
	"github.com/auditlog/auditlog/store"
)

// deadLetterPage is how many dead letters one request replays or discards. Each
// is an event in the trail of the accounts it is about.
const deadLetterPage = 500

func newDeadLetterCommand(load loader) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "deadletter",
		Short: "List, show, replay and discard records that were set aside",
		Long: `Records that are accepted and cannot be events are set aside as dead letters.
They are kept for the retention: their harmless fields, redacted, and the names
of the others. All but list are events in the trails of the accounts concerned.`,
	}
	cmd.AddCommand(newDeadLetterListCommand(load), newDeadLetterShowCommand(load), newDeadLetterReplayCommand(load), newDeadLetterDiscardCommand(load))
	return cmd
}

func newDeadLetterListCommand(load loader) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "Count the dead letters by account and reason",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			var counts []store.DeadLetterCount
			err = control(cmd.Context(), cfg, http.MethodGet, "/deadletters", nil, &counts)
			if errors.Is(err, errNotRunning) {
				err = offline(cmd.Context(), cfg, func(i *store.Installation) (err error) {
					counts, err = i.CountDeadLetters(cmd.Context())
					return err
				})
			}
			if err != nil {
				return err
			}
			return printDeadLetterCounts(cmd.OutOrStdout(), counts)
		},
	}
}

func printDeadLetterCounts(out io.Writer, counts []store.DeadLetterCount) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ACCOUNT\tREASON\tCOUNT\tOLDEST\tNEWEST")
	for _, c := range counts {
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\n", printable(c.Account), printable(string(c.Reason)), c.Count, c.Oldest.Format(time.RFC3339), c.Newest.Format(time.RFC3339))
	}
	return w.Flush()
}

// printable escapes what could steer a terminal: senders choose names of accounts.
func printable(s string) string {
	if quoted := fmt.Sprintf("%q", s); quoted != `"`+s+`"` || s == "" {
		return quoted
	}
	return s
}

// deadLetterFlags select dead letters.
type deadLetterFlags struct {
	req    store.DeadLetterRequest
	reason string
	all    bool
}

func (f *deadLetterFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.req.Account, "account", "", "those of this account only")
	cmd.Flags().StringVar(&f.reason, "reason", "", "those set aside for this reason only, as `list` names it")
}

// request is what the flags and the ids ask for.
func (f *deadLetterFlags) request(ids []string) store.DeadLetterRequest {
	req := f.req
	req.IDs, req.Reason = ids, audit.Reason(f.reason)
	return req
}

// change asks for every page of what is selected, up to what there is now. It
// refuses to begin where nothing says which ones are meant.
func (f *deadLetterFlags) change(ids []string, page func(store.DeadLetterRequest) (store.Cursor, error)) error {
	if len(ids) == 0 && f.req.Account == "" && f.reason == "" && !f.all {
		return errors.New("name ids, --reason or --account, or say --all")
	}
	req := f.request(ids)
	req.Limit, req.Before = deadLetterPage, time.Now()
	for {
		next, err := page(req)
		if err != nil || next == "" {
			return err
		}
		req.After = next
	}
}

// deadLetters asks the running server, or the installation while none runs.
func deadLetters[T any](ctx context.Context, cfg config.Config, name string, req store.DeadLetterRequest,
	command func(*store.Installation, context.Context, string, store.DeadLetterRequest) (T, error)) (answer T, err error) {
	err = control(ctx, cfg, http.MethodPost, "/deadletters/"+name, req, &answer)
	if errors.Is(err, errNotRunning) {
		err = offline(ctx, cfg, func(i *store.Installation) (err error) {
			answer, err = command(i, ctx, currentUser(), req)
			return err
		})
	}
	return answer, err
}

func newDeadLetterShowCommand(load loader) *cobra.Command {
	var f deadLetterFlags
	var after string
	cmd := &cobra.Command{
		Use:   "show [ID]...",
		Short: "Print what is kept of dead letters, one JSON object a line",
		RunE: func(cmd *cobra.Command, ids []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			req := f.request(ids)
			req.After = store.Cursor(after)
			shown, err := deadLetters(cmd.Context(), cfg, "show", req, (*store.Installation).ShowDeadLetters)
			if err != nil {
				return err
			}
			out := json.NewEncoder(cmd.OutOrStdout())
			out.SetEscapeHTML(false)
			for _, d := range shown.DeadLetters {
				if err := out.Encode(d); err != nil {
					return err
				}
			}
			if shown.Next != "" {
				fmt.Fprintf(cmd.ErrOrStderr(), "auditlog: there are more; go on with --after %s\n", shown.Next)
			}
			return nil
		},
	}
	f.add(cmd)
	cmd.Flags().IntVar(&f.req.Limit, "limit", 20, "dead letters at most, up to 1000")
	cmd.Flags().StringVar(&after, "after", "", "go on after this `cursor`, which the command before printed")
	return cmd
}

func newDeadLetterReplayCommand(load loader) *cobra.Command {
	var f deadLetterFlags
	cmd := &cobra.Command{
		Use:   "replay [ID]...",
		Short: "Make events of dead letters whose cause was mended",
		Long: `Store what is kept of dead letters as events, with the identity that the records
had, marked in the field set_aside. A record that was sent again since is not
stored twice. Senders' grants are those of the configuration that the command is
given and of the sender tokens. What cannot be an event stays, and why is printed.`,
		Example: `  auditlog deadletter replay --reason account_not_granted
  auditlog deadletter replay 20261122-2f3c7d0c5a9b1e8844d05c6a7b8e9f01`,
		RunE: func(cmd *cobra.Command, ids []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			sum := store.Replayed{Left: map[string]int{}}
			f.req.Senders = grants(cfg)
			err = f.change(ids, func(req store.DeadLetterRequest) (store.Cursor, error) {
				page, err := deadLetters(cmd.Context(), cfg, "replay", req, (*store.Installation).ReplayDeadLetters)
				sum.Stored, sum.Present, sum.Waiting = sum.Stored+page.Stored, sum.Present+page.Present, sum.Waiting+page.Waiting
				for why, n := range page.Left {
					sum.Left[why] += n
				}
				return page.Next, err
			})
			printReplayed(cmd.OutOrStdout(), sum)
			return err
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&f.all, "all", false, "every dead letter")
	return cmd
}

func printReplayed(out io.Writer, r store.Replayed) {
	fmt.Fprintf(out, "%d stored as events, %d were stored already\n", r.Stored, r.Present)
	if r.Waiting > 0 {
		fmt.Fprintf(out, "%d are on their way to the store: replay again to remove their dead letters\n", r.Waiting)
	}
	for _, why := range slices.Sorted(maps.Keys(r.Left)) {
		fmt.Fprintf(out, "%d stay: %s\n", r.Left[why], why)
	}
}

// grants are the accounts that each configured sender may write to.
func grants(cfg config.Config) map[string][]string {
	senders := map[string][]string{}
	for _, s := range cfg.Receiver.Senders {
		senders[s.Name] = s.Accounts
	}
	if len(senders) == 0 {
		senders[store.AnonymousSender] = []string{store.DefaultAccount}
	}
	return senders
}

func newDeadLetterDiscardCommand(load loader) *cobra.Command {
	var f deadLetterFlags
	var yes bool
	cmd := &cobra.Command{
		Use:     "discard [ID]...",
		Short:   "Remove dead letters for good",
		Example: "  auditlog deadletter discard --reason unreadable_record --yes",
		RunE: func(cmd *cobra.Command, ids []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			if !yes {
				return errors.New("what is discarded is gone for good: look at it with `auditlog deadletter " +
					strings.TrimSpace("show "+strings.Join(ids, " ")) + "`, then confirm with --yes")
			}
			discarded := 0
			err = f.change(ids, func(req store.DeadLetterRequest) (store.Cursor, error) {
				page, err := deadLetters(cmd.Context(), cfg, "discard", req, (*store.Installation).DiscardDeadLetters)
				discarded += page.Discarded
				return page.Next, err
			})
			fmt.Fprintf(cmd.OutOrStdout(), "%d discarded\n", discarded)
			return err
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&f.all, "all", false, "every dead letter")
	cmd.Flags().BoolVar(&yes, "yes", false, "confirm")
	return cmd
}
