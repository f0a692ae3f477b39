package store

import "slices"

// AnyAccount, alone, grants a sender every account.
const AnyAccount = "*"

// AnonymousSender is who sends from this machine while no sender is configured;
// it may write to [DefaultAccount].
const AnonymousSender = "local"

// Grant finds the account of a record among those that its sender may write to:
// the one that the record names or, where it names none, the sender's only one.
func Grant(accounts []string, named string) (account string, granted bool) {
	switch {
	case slices.Contains(accounts, AnyAccount):
		return named, named != ""
	case named == "" && len(accounts) == 1:
		return accounts[0], true
	default:
		return named, slices.Contains(accounts, named)
	}
}
