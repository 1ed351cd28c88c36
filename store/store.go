package store

import (
	"context"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// Rev is messages.Rev: zero for no record, otherwise higher with each write.
type Rev = messages.Rev

// OpID is messages.OpID. The zero OpID names no write: one that is sent under it
// is never recognised when it is sent again.
type OpID = messages.OpID

// Store keeps records. All methods may be called by any number of goroutines at
// once. Load and Swap may block, no longer than until their context ends; a result
// that is there by then wins over the context. The errors are those of the package
// comment.
//
// A key is any string but the empty one. A store that cannot take every byte
// encodes it; one that cannot take its length answers ErrTooLarge.
type Store interface {
	// Load returns the record of key, tombstones included, in a revision not older
	// than min; 0: any. The caller passes the newest revision that it has seen, so
	// that it never reads backwards, not even from a replica. A replica
	// that answers has all that was written before the last Synced of a Watch.
	//
	// The Entry belongs to the caller, its Value too. One revision always has the
	// same Value, Op and Gone.
	//
	// ErrNotFound: there is no record, and min is 0. ErrUnavailable: no answer, or
	// none as recent as min, a missing record included.
	Load(ctx context.Context, key string, min Rev) (Entry, error)

	// Swap writes value if the current revision of key is prev, 0 meaning that there
	// is no record, and returns the revision of the write. gone makes the record a
	// tombstone, whose revision is the prev of what follows it. value belongs to the
	// caller again as soon as Swap returns, even while the write is open; nil and
	// empty are the same value.
	//
	// When Swap returns nil, each later Load with min at that revision sees the
	// write, and it lasts as Caps says.
	//
	// Swap may be called again with the same arguments and the same op, after any
	// result and at any time, and the write is done at most once. If an earlier send
	// has landed, the answer is the revision of that landing, and nil. That must hold
	// while it is the current revision. Once it has been overwritten, a store that
	// still knows the landing answers the same; one that does not answers
	// ErrConflict, which then says only that the write will not land any more.
	//
	// ErrUnknown: the outcome is open. The same op sent again closes it as soon as
	// the answer is nil or ErrConflict; so does any later write of the key. Reading
	// the old record closes nothing. ErrUnavailable says that this call wrote
	// nothing, and nothing about an earlier send.
	Swap(ctx context.Context, key string, prev Rev, value []byte, gone bool, op OpID) (Rev, error)

	// Watch calls fn with what happens to all keys, tombstones and the caller's own
	// writes included, until ctx ends (it returns ctx.Err()) or the store is closed
	// (ErrClosed). ErrUnavailable: it cannot go on; until it is called again and has
	// said Synced, the caller is in a gap.
	//
	// Synced comes first: from here on nothing is missed. Each revision that becomes
	// current after fn was called with Synced is delivered as Changed, itself or a
	// newer one of the same key. What the caller knows from earlier, it loads again:
	// a Load that begins after Synced, and the changes after Synced, together miss
	// nothing. What was there before is not delivered.
	//
	// Gap comes within Caps.GapAfter of the moment when the store has lost the
	// thread, also when the other side is merely silent. After it come the changes
	// that were missed, each key in its newest state, tombstones included unless
	// the gap was longer than Caps.Tombstones; then Synced. Changes may be delivered
	// during a gap. A Gap may follow a Gap.
	//
	// The revisions of one key never go down. They may be skipped, and one may come
	// twice. Keys are in no order among each other.
	//
	// fn is called by one goroutine at a time and may call the store. It should be
	// quick; while it is not, changes of one key are merged into the newest, or a Gap
	// is reported, and Swap never waits for it. fn is not called after Watch has
	// returned. Several Watches at once are independent of each other.
	Watch(ctx context.Context, fn func(Change)) error

	// Caps returns what the store can do. It does not change, and can be asked for
	// after Close.
	Caps() Caps

	// Close ends every Watch, makes later calls answer ErrClosed and frees what the
	// store holds. A call that is under way ends as it would have, or with an error.
	// Close does not wait for Watches to return, so fn may call it. A second Close
	// returns nil.
	Close() error
}

// Caps says what a store can do. The zero Caps promises nothing.
type Caps struct {
	// Shared: other Managers write the same records. They agree by claims in the
	// records, and learn from each other by Watch.
	Shared bool

	// Durable: what Swap has acknowledged survives the sudden death of the process,
	// and of every node of the store. If neither Shared nor Durable, no claim is
	// written: there is nobody to read it.
	Durable bool

	// Failover: what Swap has acknowledged survives the loss of a node of the store.
	Failover bool

	// GapAfter is how long it takes at most to notice that a watch is broken.
	// Zero: a watch does not break.
	GapAfter time.Duration

	// Tombstones is how long a tombstone is kept at least. After a gap that was
	// longer, a watcher cannot know what has been revoked, and a Load tells. Zero: not
	// at all.
	Tombstones time.Duration

	// MaxValue is the length of the longest value that Swap takes. Zero: no limit.
	MaxValue int
}

// Forever is the Caps.Tombstones of a store that never forgets one.
const Forever time.Duration = 1<<63 - 1
