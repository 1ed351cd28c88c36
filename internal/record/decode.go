package record

import (
	"bytes"
	"fmt"

	"github.com/holdfast-go/holdfast/messages"
)

// Decode returns the record that [Encode] wrote as b. It accepts those bytes and
// no others; every error is [ErrFormat], says what is wrong and quotes nothing.
// It allocates in proportion to len(b), whatever b says. Times are in UTC and
// without a monotonic reading. The record shares no memory with b.
func Decode(b []byte) (messages.Record, error) {
	fields, err := unwrap(b)
	if err != nil {
		return messages.Record{}, err
	}
	r, err := decodeRecord(fields)
	if err != nil {
		return messages.Record{}, err
	}
	// Fields out of order or given twice, a zero that is written out, an overlong
	// varint, bytes behind a number: the comparison finds each of them, and with
	// them every disagreement between the two halves of this package.
	var room roomy
	if !bytes.Equal(appendRecord(room[:0], &r), b) {
		return messages.Record{}, fmt.Errorf("%w: not as it is written", ErrFormat)
	}
	return r, nil
}

// unwrap takes the fields out of what stands around them. Their length is there so
// that a record that a store cut short, between two fields, is not taken for a
// whole one.
func unwrap(b []byte) ([]byte, error) {
	if isSealed(b) {
		return nil, fmt.Errorf("%w: sealed; open its store with package sealed and the key ring", ErrFormat)
	}
	body, ok := bytes.CutPrefix(b, []byte(magic))
	if !ok || len(body) == 0 {
		return nil, fmt.Errorf("%w: not a record", ErrFormat)
	}
	if body[0] != version {
		return nil, fmt.Errorf("%w: version %d, this process reads version %d", ErrFormat, body[0], version)
	}
	r := reader{rest: body[1:]}
	fields := r.item()
	if r.err == nil && len(r.rest) > 0 {
		r.damaged("the end")
	}
	return fields, r.err
}

func decodeRecord(b []byte) (messages.Record, error) {
	var rec messages.Record
	r := reader{rest: b}
	for r.more() {
		switch number, v := r.field(); number {
		case fieldIdentity:
			rec.Identity = r.digest(v)
		case fieldGrant:
			rec.Grant = r.uint(v)
		case fieldGeneration:
			rec.Generation = r.uint(v)
		case fieldStatus:
			rec.Status = messages.Status(r.atMost(v, uint64(messages.Gone)))
		case fieldWritten:
			rec.Written = r.time(v)
		case fieldToken:
			rec.Token = r.token(v)
		case fieldCause:
			rec.Cause = r.cause(v)
		case fieldDoubted:
			rec.Doubted = r.bool(v)
		case fieldClaim:
			rec.Claim = r.claim(v)
		case fieldRejected:
			rec.Rejected = r.digest(v)
		case fieldRenewer:
			rec.Renewer = string(v)
		default:
			r.unknown("record", number)
		}
	}
	return rec, r.err
}

func (r *reader) token(b []byte) messages.Token {
	var t messages.Token
	in := reader{rest: b}
	for in.more() {
		switch number, v := in.field(); number {
		case fieldAccess:
			t.Access = messages.Secret(v)
		case fieldRefresh:
			t.Refresh = messages.Secret(v)
		case fieldType:
			t.Type = string(v)
		case fieldIssued:
			t.Issued = in.time(v)
		case fieldExpiry:
			t.Expiry = in.time(v)
		case fieldRefreshExpiry:
			t.RefreshExpiry = in.time(v)
		case fieldScopes:
			t.Scopes = in.list(v)
		case fieldExtra:
			t.Extra = in.pairs(v)
		default:
			in.unknown("token", number)
		}
	}
	r.fail(in.err)
	return t
}

func (r *reader) cause(b []byte) messages.Failure {
	var f messages.Failure
	in := reader{rest: b}
	for in.more() {
		switch number, v := in.field(); number {
		case fieldVerdict:
			f.Verdict = messages.Verdict(in.atMost(v, uint64(messages.GrantDenied)))
		case fieldReason:
			f.Reason = string(v)
		case fieldHTTPStatus:
			f.Status = int(in.int(v))
		case fieldCode:
			f.Code = string(v)
		case fieldAttempt:
			f.Attempt = int(in.int(v))
		case fieldRetryAfter:
			f.RetryAfter = in.duration(v)
		default:
			in.unknown("cause", number)
		}
	}
	r.fail(in.err)
	return f
}

func (r *reader) claim(b []byte) messages.Claim {
	var c messages.Claim
	in := reader{rest: b}
	for in.more() {
		switch number, v := in.field(); number {
		case fieldOwner:
			c.Owner = string(v)
		case fieldNumber:
			c.Number = in.uint(v)
		case fieldLength:
			c.Length = in.duration(v)
		case fieldDoubt:
			c.Doubt = in.bool(v)
		default:
			in.unknown("claim", number)
		}
	}
	r.fail(in.err)
	return c
}
