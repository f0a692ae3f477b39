package receiver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"

	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

const protobufType = "application/x-protobuf"

// checkBody reads the body, which is decompressed here and bounded already, and
// puts it back. It answers the request where the body cannot be taken.
func (g *guard) checkBody(w http.ResponseWriter, r *http.Request, held *admission) (body []byte, ok bool) {
	held.body = r.Body
	body, err := io.ReadAll(held)
	if errors.Is(err, errInFlight) {
		g.metrics.refused(r.Context(), "in_flight", held.sender)
		w.Header().Set("Retry-After", strconv.Itoa(int(retryDelay.Seconds())))
		writeStatus(w, r, http.StatusServiceUnavailable, codes.Unavailable, "not stored, send it again: "+err.Error())
		return nil, false
	}
	if err != nil {
		g.metrics.refused(r.Context(), "malformed", held.sender)
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			writeStatus(w, r, http.StatusRequestEntityTooLarge, codes.InvalidArgument,
				fmt.Sprintf("the request is larger than receiver.max_request_size, %d bytes: send smaller batches", tooLarge.Limit))
			return nil, false
		}
		writeStatus(w, r, http.StatusBadRequest, codes.InvalidArgument, "the body cannot be read: "+err.Error())
		return nil, false
	}
	check := checkJSONDepth
	if contentType(r) == protobufType {
		check = checkDepth
	}
	if err := check(body); err != nil {
		g.metrics.refused(r.Context(), "malformed", held.sender)
		writeStatus(w, r, http.StatusBadRequest, codes.InvalidArgument, err.Error())
		return nil, false
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body, true
}

// An admission reads a body that takes its bytes from those in flight as they
// come, so that nobody fills the memory with requests that are not even whole.
type admission struct {
	shares *shares
	sender string
	body   io.Reader
	held   int64
}

// Read implements [io.Reader].
func (a *admission) Read(p []byte) (int, error) {
	n, err := a.body.Read(p)
	if !a.shares.take(a.sender, int64(n)) {
		return 0, errInFlight
	}
	a.held += int64(n)
	return n, err
}

// leave gives back what the request holds.
func (a *admission) leave() { a.shares.give(a.sender, a.held) }

func contentType(r *http.Request) string {
	t, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return t
}

// writeStatus answers with a google.rpc.Status in the encoding of the request,
// as OTLP/HTTP wants it.
func writeStatus(w http.ResponseWriter, r *http.Request, code int, status codes.Code, message string) {
	s := &spb.Status{Code: int32(status), Message: message}
	answerType, body, err := "application/json", []byte(nil), error(nil)
	if contentType(r) == protobufType {
		answerType = protobufType
		body, err = proto.Marshal(s)
	} else {
		body, err = protojson.Marshal(s)
	}
	if err != nil {
		http.Error(w, message, code)
		return
	}
	w.Header().Set("Content-Type", answerType)
	w.WriteHeader(code)
	w.Write(body)
}

// whyUndecodable says what is wrong with a JSON request, and in which record, and
// quotes nothing of it.
func whyUndecodable(body []byte) string {
	var request struct {
		ResourceLogs []struct {
			ScopeLogs []struct {
				LogRecords []json.RawMessage
			}
		}
	}
	err := json.Unmarshal(body, &request)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Sprintf("the body is no JSON: it breaks at byte %d of %d", syntax.Offset, len(body))
	}
	n := 0
	for _, resource := range request.ResourceLogs {
		for _, scope := range resource.ScopeLogs {
			for _, record := range scope.LogRecords {
				n++
				alone := slices.Concat([]byte(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[`), record, []byte(`]}]}]}`))
				if plogotlp.NewExportRequest().UnmarshalJSON(alone) != nil {
					return notOTLP(fmt.Sprintf("log record %d is", n))
				}
			}
		}
	}
	return notOTLP("resourceLogs, scopeLogs, a resource or a scope is")
}

func notOTLP(where string) string {
	return "the body is no OTLP logs request: " + where + " not as OTLP/JSON has it: integers are decimal numbers, trace and span ids hex, bytes base64, enums numbers, and texts in quotes; nothing of the request was stored"
}

// maxDepth is how deeply a request may be nested: the limit of Google's own
// protobuf decoder for Go.
const maxDepth = 10_000

var errTooDeep = fmt.Errorf("attribute values are nested more than %d levels deep", maxDepth)

// nested says for each kind of message of an OTLP logs request which fields
// hold further messages, and of which kind.
var nested = func() (n [messageKinds][16]messageKind) {
	n[request][1] = resourceLogs
	n[resourceLogs][1], n[resourceLogs][2] = resource, scopeLogs
	n[resource][1] = keyValue
	n[scopeLogs][1], n[scopeLogs][2] = scope, logRecord
	n[scope][3] = keyValue
	n[logRecord][5], n[logRecord][6] = anyValue, keyValue
	n[keyValue][2] = anyValue
	n[anyValue][5], n[anyValue][6] = arrayValue, kvList
	n[arrayValue][1] = anyValue
	n[kvList][1] = keyValue
	return n
}()

type messageKind uint8

const (
	leaf messageKind = iota // nothing nested that could recurse
	request
	resourceLogs
	resource
	scopeLogs
	scope
	logRecord
	keyValue
	anyValue
	arrayValue
	kvList
	messageKinds
)

// checkDepth walks an encoded logs request without recursion. What is malformed
// is left to the decoder, which says so.
func checkDepth(b []byte) error {
	type frame struct {
		kind messageKind
		end  int
	}
	stack := append(make([]frame, 0, 32), frame{request, len(b)})
	for at := 0; len(stack) > 0; {
		top := stack[len(stack)-1]
		if at >= top.end {
			stack = stack[:len(stack)-1]
			continue
		}
		number, wireType, n := protowire.Number(b[at]>>3), protowire.Type(b[at]&7), 1
		if b[at] >= 0x80 || number == 0 {
			if number, wireType, n = protowire.ConsumeTag(b[at:top.end]); n < 0 {
				return nil
			}
		}
		at += n
		if wireType != protowire.BytesType {
			if n = protowire.ConsumeFieldValue(number, wireType, b[at:top.end]); n < 0 {
				return nil
			}
			at += n
			continue
		}
		length, n := protowire.ConsumeVarint(b[at:top.end])
		if n < 0 || length > uint64(top.end-at-n) {
			return nil
		}
		at += n
		kind := leaf
		if int(number) < len(nested[top.kind]) {
			kind = nested[top.kind][number]
		}
		if kind == leaf || kind == anyValue && isText(b[at:at+int(length)]) {
			at += int(length)
			continue
		}
		if len(stack) == maxDepth {
			return errTooDeep
		}
		stack = append(stack, frame{kind, at + int(length)})
	}
	return nil
}

// isText reports whether an encoded value is a text and nothing else, as most are:
// nothing is nested in it.
func isText(b []byte) bool {
	const stringValue = 1<<3 | byte(protowire.BytesType)
	if len(b) < 2 || b[0] != stringValue {
		return false
	}
	length, n := protowire.ConsumeVarint(b[1:])
	return n > 0 && length == uint64(len(b)-1-n)
}

// checkJSONDepth counts brackets outside of strings.
func checkJSONDepth(b []byte) error {
	depth, inString := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return errTooDeep
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}
