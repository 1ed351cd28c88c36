package store

import (
	"fmt"

	"github.com/holdfast-go/holdfast/internal/record"
	"github.com/holdfast-go/holdfast/messages"
)

// write is what a Swap asks for.
type write struct {
	prev   Rev
	entry  Entry
	record messages.Record
	token  messages.Token // what the classic store is to keep; zero: it is cleared
}

func newWrite(prev Rev, value []byte, gone bool, op OpID) (*write, error) {
	r, err := record.Decode(value)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForeign, err)
	}
	// What was decoded encodes to the same bytes again, and these nobody else holds.
	w := &write{prev: prev, record: r, entry: Entry{Value: record.Encode(r), Op: op, Gone: gone}}
	if r.Status == messages.Alive && !gone {
		w.token = r.Token
	}
	return w, nil
}

// pair tells two tokens apart. The zero pair is that of no token.
type pair struct{ access, refresh messages.Digest }

func pairOf(t messages.Token) pair {
	return pair{access: messages.DigestOf(t.Access), refresh: messages.DigestOf(t.Refresh)}
}
