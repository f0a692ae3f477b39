package audit

import "iter"

// Kind is the type of a field's value.
type Kind uint8

// The kinds of values that an [Event] holds.
const (
	Text    Kind = iota // string, valid UTF-8
	List                // []string
	Number              // int64
	Flag                // bool
	Instant             // time.Time, UTC, nanoseconds
	Object              // string holding one JSON object
)

// A Field is one row of the product's table of fields: what the value means,
// how it is called in every place, and which spellings senders use for it.
// Normalization, storage, the API, the export and the page are derived from it.
type Field struct {
	Name      string   // in the API, in exports and in queries
	Attribute string   // canonical OpenTelemetry attribute of the log record
	ECS       string   // path in an Elasticsearch document
	Title     string   // column of the page; empty for parts of another column
	Kind      Kind     // type of the value
	From      []string // attributes that are accepted too; the first found wins
	Max       int      // longest stored value in bytes, 0 for kinds without length
	Stamped   bool     // set by the program only, never taken from a client
	Meaning   string   // one sentence for people

	index int // in the table
	list  int // among the fields of kind List
}

// table holds every field in the order in which the documentation lists them.
// An [Event] has a bit for each: there can be 64.
var table []*Field

// lists is how many fields are of kind List.
var lists int

func field(f Field) *Field {
	if f.index = len(table); f.index == 64 {
		panic("an event has a bit for each field, and 64 of them")
	}
	if f.Kind == List {
		f.list = lists
		lists++
	}
	table = append(table, &f)
	return &f
}

// Lengths in bytes.
const (
	maxName    = 512   // names, identifiers, single words
	maxMessage = 1024  // the message
	maxPath    = 2048  // paths, user agents, errors
	maxRequest = 16384 // the request summary, kept attributes
)

// The fields of an event. Adding one is one line here.
var (
	Time         = field(Field{Name: "time", Attribute: "audit.time", ECS: "@timestamp", Title: "Time", Kind: Instant, From: []string{"time", "timestamp"}, Meaning: "When it happened, as the sender reported it."})
	Received     = field(Field{Name: "received", Attribute: "audit.received", ECS: "event.ingested", Title: "Received", Kind: Instant, Stamped: true, Meaning: "When auditlog received it."})
	UserName     = field(Field{Name: "user.name", Attribute: "user.name", ECS: "user.name", Title: "User", Kind: Text, From: []string{"usr.name", "actor.name", "enduser.name", "principal.name", "principal", "actor", "usr", "user", "enduser"}, Max: maxName, Meaning: "Login or short name of who did it."})
	UserFullName = field(Field{Name: "user.full_name", Attribute: "user.full_name", ECS: "user.full_name", Title: "Full Name", Kind: Text, From: []string{"enduser.full_name", "usr.full_name", "actor.full_name", "principal.full_name", "actor.display_name", "user.display_name"}, Max: maxName, Meaning: "Full name of who did it."})
	UserID       = field(Field{Name: "user.id", Attribute: "user.id", ECS: "user.id", Title: "User ID", Kind: Text, From: []string{"enduser.id", "usr.id", "actor.id", "principal.id", "user_id"}, Max: maxName, Meaning: "Identifier of who did it."})
	UserEmail    = field(Field{Name: "user.email", Attribute: "user.email", ECS: "user.email", Title: "Email", Kind: Text, From: []string{"enduser.email", "usr.email", "actor.email", "principal.email"}, Max: maxName, Meaning: "E-mail address of who did it."})
	UserRoles    = field(Field{Name: "user.roles", Attribute: "user.roles", ECS: "user.roles", Title: "Role", Kind: List, From: []string{"enduser.role", "role", "user.role", "actor.role", "roles", "actor.roles", "enduser.roles", "usr.roles", "usr.role", "principal.roles", "principal.role"}, Max: maxName, Meaning: "Roles under which it was done."})
	Method       = field(Field{Name: "method", Attribute: "audit.method", ECS: "audit.method", Title: "Method", Kind: Text, From: []string{"http.request.method", "http.method", "method", "operation.type"}, Max: maxName, Meaning: "HTTP method or kind of operation."})
	Area         = field(Field{Name: "area", Attribute: "audit.area", ECS: "audit.area", Title: "Area", Kind: Text, From: []string{"area", "product.area", "event.domain"}, Max: maxName, Meaning: "Area of the product in which it was done."})
	Action       = field(Field{Name: "action", Attribute: "audit.action", ECS: "event.action", Title: "Action", Kind: Text, From: []string{"event.action", "event.name", "action", "operation"}, Max: maxName, Meaning: "What was done."})
	EntityType   = field(Field{Name: "entity.type", Attribute: "audit.entity.type", ECS: "audit.entity.type", Title: "Entity Type", Kind: Text, From: []string{"entity.type", "target.type", "object.type", "resource.type"}, Max: maxName, Meaning: "Type of the entity to which it was done."})
	EntityID     = field(Field{Name: "entity.id", Attribute: "audit.entity.id", ECS: "audit.entity.id", Title: "Entity ID", Kind: Text, From: []string{"entity.id", "target.id", "object.id", "resource.id"}, Max: maxName, Meaning: "Identifier of the entity to which it was done."})
	Status       = field(Field{Name: "status", Attribute: "audit.status", ECS: "event.outcome", Title: "Status", Kind: Text, From: []string{"event.outcome", "audit.outcome", "outcome", "status"}, Max: maxName, Meaning: "success, failure or unknown."})
	StatusCode   = field(Field{Name: "status_code", Attribute: "http.response.status_code", ECS: "http.response.status_code", Title: "Status Code", Kind: Number, From: []string{"http.status_code", "status_code"}, Meaning: "HTTP status code of the response."})
	DurationNS   = field(Field{Name: "duration_ns", Attribute: "audit.duration", ECS: "event.duration", Title: "", Kind: Number, From: []string{"event.duration", "duration", "duration_ms", "duration_s", "http.server.request.duration", "elapsed"}, Meaning: "How long it took, in nanoseconds."})
	Duration     = field(Field{Name: "duration", Attribute: "audit.duration.text", ECS: "audit.duration", Title: "Duration", Kind: Text, Stamped: true, Max: maxName, Meaning: "How long it took, for people: milliseconds below one second, seconds from there on."})
	IP           = field(Field{Name: "ip", Attribute: "client.address", ECS: "source.ip", Title: "IP Address", Kind: Text, From: []string{"source.address", "source.ip", "http.client_ip", "client.ip", "x-forwarded-for", "http.request.header.x-forwarded-for", "http.request.header.x_forwarded_for", "net.peer.ip", "net.sock.peer.addr", "network.peer.address"}, Max: maxName, Meaning: "IP address from which it was done."})
	Request      = field(Field{Name: "request", Attribute: "audit.request", ECS: "http.request.body.content", Title: "Request Body", Kind: Text, From: []string{"http.request.body", "http.request.body.content", "request.body", "body"}, Max: maxRequest, Meaning: "Summary of the request, without anything sensitive."})
	Impersonated = field(Field{Name: "impersonated", Attribute: "audit.impersonated", ECS: "audit.impersonated", Title: "Impersonated", Kind: Flag, From: []string{"impersonated", "is_impersonated"}, Meaning: "Whether somebody else acted as the user."})

	ImpersonatorName     = field(Field{Name: "impersonator.name", Attribute: "audit.impersonator.name", ECS: "audit.impersonator.name", Title: "Impersonated by", Kind: Text, From: []string{"impersonator.name", "impersonated_by.name", "impersonated_by", "impersonator"}, Max: maxName, Meaning: "Login or short name of who acted as the user."})
	ImpersonatorFullName = field(Field{Name: "impersonator.full_name", Attribute: "audit.impersonator.full_name", ECS: "audit.impersonator.full_name", Title: "", Kind: Text, From: []string{"impersonator.full_name", "impersonated_by.full_name"}, Max: maxName, Meaning: "Full name of who acted as the user."})
	ImpersonatorID       = field(Field{Name: "impersonator.id", Attribute: "audit.impersonator.id", ECS: "audit.impersonator.id", Title: "", Kind: Text, From: []string{"impersonator.id", "act.sub", "impersonated_by.id"}, Max: maxName, Meaning: "Identifier of who acted as the user."})
	ImpersonatorEmail    = field(Field{Name: "impersonator.email", Attribute: "audit.impersonator.email", ECS: "audit.impersonator.email", Title: "", Kind: Text, From: []string{"impersonator.email", "impersonated_by.email"}, Max: maxName, Meaning: "E-mail address of who acted as the user."})
	ImpersonatorRoles    = field(Field{Name: "impersonator.roles", Attribute: "audit.impersonator.roles", ECS: "audit.impersonator.roles", Title: "", Kind: List, From: []string{"impersonator.roles", "impersonator.role", "impersonated_by.roles", "impersonated_by.role"}, Max: maxName, Meaning: "Roles of who acted as the user."})
	ImpersonationReason  = field(Field{Name: "impersonation_reason", Attribute: "audit.impersonation.reason", ECS: "audit.impersonation.reason", Title: "Impersonation Reason", Kind: Text, From: []string{"impersonation.reason", "impersonation_reason"}, Max: maxMessage, Meaning: "Why somebody acted as the user."})

	Message      = field(Field{Name: "message", Attribute: "audit.message", ECS: "message", Title: "Message", Kind: Text, From: []string{"message", "msg"}, Max: maxMessage, Meaning: "Text of the log record."})
	Account      = field(Field{Name: "account", Attribute: "audit.account", ECS: "organization.id", Title: "Account", Kind: Text, From: []string{"organization.id", "tenant.id"}, Max: maxName, Meaning: "Account to which the event belongs."})
	Sender       = field(Field{Name: "sender", Attribute: "audit.sender", ECS: "audit.sender", Title: "Sender", Kind: Text, Stamped: true, Max: maxName, Meaning: "Authenticated sender of the event."})
	Service      = field(Field{Name: "service", Attribute: "service.name", ECS: "service.name", Title: "Service", Kind: Text, Max: maxName, Meaning: "Service that reported the event."})
	TraceID      = field(Field{Name: "trace_id", Attribute: "trace.id", ECS: "trace.id", Title: "Trace ID", Kind: Text, From: []string{"trace_id"}, Max: maxName, Meaning: "Trace in which it happened."})
	SpanID       = field(Field{Name: "span_id", Attribute: "span.id", ECS: "span.id", Title: "Span ID", Kind: Text, From: []string{"span_id"}, Max: maxName, Meaning: "Span in which it happened."})
	SessionID    = field(Field{Name: "session_id", Attribute: "session.id", ECS: "session.id", Title: "Session ID", Kind: Text, From: []string{"session_id"}, Max: maxName, Meaning: "Session in which it was done."})
	UserAgent    = field(Field{Name: "user_agent", Attribute: "user_agent.original", ECS: "user_agent.original", Title: "User Agent", Kind: Text, From: []string{"http.user_agent", "user_agent"}, Max: maxPath, Meaning: "Program with which it was done."})
	Path         = field(Field{Name: "path", Attribute: "url.path", ECS: "url.path", Title: "Path", Kind: Text, From: []string{"http.target", "path", "url.full", "http.url"}, Max: maxPath, Meaning: "Path of the request."})
	Error        = field(Field{Name: "error", Attribute: "error.type", ECS: "error.type", Title: "Error", Kind: Text, From: []string{"exception.type", "error"}, Max: maxPath, Meaning: "Kind of error with which it failed."})
	Redactions   = field(Field{Name: "redactions", Attribute: "audit.redactions", ECS: "audit.redactions", Title: "Redactions", Kind: List, Max: maxName, Stamped: true, Meaning: "Where something was redacted and by which rule."})
	Fingerprints = field(Field{Name: "fingerprints", Attribute: "audit.redaction.fingerprints", ECS: "audit.redaction_fingerprints", Title: "Fingerprints", Kind: List, Max: maxName, Stamped: true, Meaning: "Keyed hashes of the secrets that were redacted, if the configuration asks for them."})
	TimeReported = field(Field{Name: "time_reported", Attribute: "audit.time.reported", ECS: "audit.time_reported", Title: "Time Reported", Kind: Instant, Stamped: true, Meaning: "The time as reported, where the event is filed at the time received."})
	Late         = field(Field{Name: "late", Attribute: "audit.late", ECS: "audit.late", Title: "Late", Kind: Flag, Stamped: true, Meaning: "Whether it was received more than ten minutes after it happened."})
	IDConflict   = field(Field{Name: "id_conflict", Attribute: "audit.id_conflict", ECS: "audit.id_conflict", Title: "ID Conflict", Kind: Flag, Stamped: true, Meaning: "Whether its sender used the same id for another event."})
	SetAside     = field(Field{Name: "set_aside", Attribute: "audit.set_aside", ECS: "audit.set_aside", Title: "Set Aside", Kind: Text, Max: maxName, Stamped: true, Meaning: "The reason for which the record was set aside, where an operator made an event of what was kept of it."})
	Attributes   = field(Field{Name: "attributes", Attribute: "audit.attributes", ECS: "audit.attributes", Title: "Attributes", Kind: Object, Max: maxRequest, Stamped: true, Meaning: "Other attributes that the configuration keeps."})
)

// Index returns the field's place in the table, from 0.
func (f *Field) Index() int { return f.index }

// Fields lists every field in the order of the table.
func Fields() iter.Seq[*Field] {
	return func(yield func(*Field) bool) {
		for _, f := range table {
			if !yield(f) {
				return
			}
		}
	}
}

// ByName finds a field by its name in the API; nil if there is none.
func ByName(name string) *Field { return byName[name] }

// ByAttribute finds a field by its canonical attribute; nil if there is none.
func ByAttribute(attribute string) *Field { return byAttribute[attribute] }

// Unique are the fields that people filter by, and of whose values there are too many
// to count: few events have the same.
var Unique = []*Field{EntityID, TraceID, SessionID}

var byName, byAttribute = index()

func index() (name, attribute map[string]*Field) {
	name, attribute = make(map[string]*Field, len(table)), make(map[string]*Field, len(table))
	for _, f := range table {
		name[f.Name], attribute[f.Attribute] = f, f
	}
	return name, attribute
}

// Attributes that carry an event's identity, or its fate, from the receiver to
// the exporter. They are stamped by the program, and are no fields of an event.
const (
	AttributeID               = "audit.id"                 // 32 hex digits, see [Hash]
	AttributeFingerprint      = "audit.fingerprint"        // 32 bytes, see [Fingerprint]
	AttributeEventID          = "audit.event.id"           // the client's own id, read by the receiver
	AttributeDeadLetterReason = "audit.dead_letter.reason" // a [Reason]; the record is set aside
	AttributeDeadLetterDetail = "audit.dead_letter.detail" // the reason for people, without any value
	AttributeDeadLetterAsked  = "audit.dead_letter.asked"  // the account that the record names, set by the receiver
	AttributeDeadLetterNames  = "audit.dead_letter.names"  // names of attributes that are not kept
)
