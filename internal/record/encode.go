package record

import (
	"maps"
	"slices"

	"github.com/holdfast-go/holdfast/messages"
)

// roomy holds most records: one that fits is written without memory of its own, until
// its length is known.
type roomy [1024]byte

// Encode returns the bytes of r, secrets included. A time loses its monotonic
// reading and its location.
func Encode(r messages.Record) []byte {
	var room roomy
	return slices.Clone(appendRecord(room[:0], &r))
}

func appendRecord(w writer, r *messages.Record) []byte {
	w = append(w, magic...)
	w = append(w, version)
	at := len(w)
	w = w.open()
	w = w.digest(fieldIdentity, r.Identity)
	w = w.uint(fieldGrant, r.Grant)
	w = w.uint(fieldGeneration, r.Generation)
	w = w.uint(fieldStatus, uint64(r.Status))
	w = w.time(fieldWritten, r.Written)
	w = w.token(fieldToken, &r.Token)
	w = w.cause(fieldCause, &r.Cause)
	w = w.bool(fieldDoubted, r.Doubted)
	w = w.claim(fieldClaim, &r.Claim)
	w = w.digest(fieldRejected, r.Rejected)
	w = w.text(fieldRenewer, r.Renewer)
	return w.close(at)
}

func (w writer) token(number byte, t *messages.Token) writer {
	at := len(w)
	w = w.begin(number)
	w = w.text(fieldAccess, string(t.Access))
	w = w.text(fieldRefresh, string(t.Refresh))
	w = w.text(fieldType, t.Type)
	w = w.time(fieldIssued, t.Issued)
	w = w.time(fieldExpiry, t.Expiry)
	w = w.time(fieldRefreshExpiry, t.RefreshExpiry)
	w = w.list(fieldScopes, t.Scopes)
	w = w.pairs(fieldExtra, t.Extra)
	return w.end(at)
}

func (w writer) cause(number byte, f *messages.Failure) writer {
	at := len(w)
	w = w.begin(number)
	w = w.uint(fieldVerdict, uint64(f.Verdict))
	w = w.text(fieldReason, f.Reason)
	w = w.int(fieldHTTPStatus, int64(f.Status))
	w = w.text(fieldCode, f.Code)
	w = w.int(fieldAttempt, int64(f.Attempt))
	w = w.int(fieldRetryAfter, int64(f.RetryAfter))
	return w.end(at)
}

func (w writer) claim(number byte, c *messages.Claim) writer {
	at := len(w)
	w = w.begin(number)
	w = w.text(fieldOwner, c.Owner)
	w = w.uint(fieldNumber, c.Number)
	w = w.int(fieldLength, int64(c.Length))
	w = w.bool(fieldDoubt, c.Doubt)
	return w.end(at)
}

// list writes a list that is there, even one without texts.
func (w writer) list(number byte, texts []string) writer {
	if texts == nil {
		return w
	}
	at := len(w) + 1
	w = w.begin(number)
	for _, s := range texts {
		w = w.item(s)
	}
	return w.close(at)
}

// pairs writes a map that is there, even one without entries, in the order of its keys.
func (w writer) pairs(number byte, m map[string]string) writer {
	if m == nil {
		return w
	}
	at := len(w) + 1
	w = w.begin(number)
	for _, name := range slices.Sorted(maps.Keys(m)) {
		w = w.item(name)
		w = w.item(m[name])
	}
	return w.close(at)
}
