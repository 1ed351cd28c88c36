package record

import (
	"encoding/binary"
	"maps"
	"slices"

	"github.com/holdfast-go/holdfast/messages"
)

// sizeHint holds the fields of most records without growing.
const sizeHint = 1024

// Encode returns the bytes of r, secrets included. A time loses its monotonic
// reading and its location.
func Encode(r messages.Record) []byte {
	fields := encodeRecord(r)
	w := make(writer, 0, len(magic)+1+binary.MaxVarintLen64+len(fields))
	w = append(w, magic...)
	w = append(w, version)
	w.item(fields)
	return w
}

func encodeRecord(r messages.Record) []byte {
	w := make(writer, 0, sizeHint)
	w.digest(fieldIdentity, r.Identity)
	w.uint(fieldGrant, r.Grant)
	w.uint(fieldGeneration, r.Generation)
	w.uint(fieldStatus, uint64(r.Status))
	w.time(fieldWritten, r.Written)
	w.text(fieldToken, encodeToken(r.Token))
	w.text(fieldCause, encodeCause(r.Cause))
	w.bool(fieldDoubted, r.Doubted)
	w.text(fieldClaim, encodeClaim(r.Claim))
	w.digest(fieldRejected, r.Rejected)
	w.text(fieldRenewer, []byte(r.Renewer))
	return w
}

func encodeToken(t messages.Token) []byte {
	var w writer
	w.text(fieldAccess, []byte(t.Access))
	w.text(fieldRefresh, []byte(t.Refresh))
	w.text(fieldType, []byte(t.Type))
	w.time(fieldIssued, t.Issued)
	w.time(fieldExpiry, t.Expiry)
	w.time(fieldRefreshExpiry, t.RefreshExpiry)
	if t.Scopes != nil {
		w.field(fieldScopes, list(t.Scopes))
	}
	if t.Extra != nil {
		w.field(fieldExtra, pairs(t.Extra))
	}
	return w
}

func encodeCause(f messages.Failure) []byte {
	var w writer
	w.uint(fieldVerdict, uint64(f.Verdict))
	w.text(fieldReason, []byte(f.Reason))
	w.int(fieldHTTPStatus, int64(f.Status))
	w.text(fieldCode, []byte(f.Code))
	w.int(fieldAttempt, int64(f.Attempt))
	w.int(fieldRetryAfter, int64(f.RetryAfter))
	return w
}

func encodeClaim(c messages.Claim) []byte {
	var w writer
	w.text(fieldOwner, []byte(c.Owner))
	w.uint(fieldNumber, c.Number)
	w.int(fieldLength, int64(c.Length))
	w.bool(fieldDoubt, c.Doubt)
	return w
}

func list(texts []string) []byte {
	var w writer
	for _, s := range texts {
		w.item([]byte(s))
	}
	return w
}

func pairs(m map[string]string) []byte {
	var w writer
	for _, name := range slices.Sorted(maps.Keys(m)) {
		w.item([]byte(name))
		w.item([]byte(m[name]))
	}
	return w
}
