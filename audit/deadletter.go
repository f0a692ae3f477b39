package audit

// A Reason says why a record was set aside as a dead letter.
type Reason string

// The reasons.
const (
	ReasonNoActorNoAction   Reason = "no_actor_and_no_action" // the record says neither who nor what
	ReasonAccountNotGranted Reason = "account_not_granted"    // the record names an account that its sender may not use
	ReasonTooLarge          Reason = "record_too_large"       // the record is larger than the limit
	ReasonUnreadable        Reason = "unreadable_record"      // a defect of the program kept it from being read
	ReasonRejected          Reason = "rejected_by_store"      // the store cannot hold the record, whatever is tried
)

// A DeadLetter is a record that was accepted but is no event: its harmless
// fields, the names of its other attributes, and the reason. Its event's time,
// time received, account, sender and identity are set as far as they are known.
type DeadLetter struct {
	Event  Event
	Reason Reason
	Detail string   // the reason for people, without any value of the record
	Asked  string   // the account that the record names, where the receiver set it aside; "" if it names none
	Names  []string // attributes that the record had and that are not kept, redacted
}
