package machine

import (
	"net/netip"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// Effect is what the shell is to do, in the order of the list that Step
// returns. The types of this file implement it, and no others.
//
//sumtype:decl
type Effect interface{ effect() }

type (
	// Publish lets a token be given out: it may be given out without asking, from now until
	// Until. The first who wants it at or after StaleAt tells the session, with
	// a Get by nobody.
	Publish struct {
		Token          messages.Token
		Generation     uint64
		StaleAt, Until time.Time
		Brief          bool // by the precise clock only: it lives, or its margin is, too short for a coarse one
	}

	// Withdraw says that nothing may be given out without asking. It must have happened
	// before the effects behind it do.
	Withdraw struct{}

	// Answer tells a caller, and the More who have the numbers after his, but for
	// those of them who have left.
	Answer struct {
		Caller Caller
		More   int
		Reply  messages.Reply
	}

	// Emit tells those who watch.
	Emit struct{ Event messages.Event }
)

// Leaf is what all leaves of I/O carry: the number that their Done must carry
// too, the renewal that they belong to, and how long they may take.
type Leaf struct {
	Number   uint64
	Renewal  uint64
	Deadline time.Duration
}

type (
	// Queue waits for a slot at the token endpoint. Outcomes: Granted. The shell
	// ends the wait, and takes the slot back, when the session does not want it any
	// more (see Slot and Flight).
	Queue struct {
		Leaf
		Flight uint64 // of the exchange that it is for; zero: the run's
	}

	// Load reads the record. Outcomes: Found, NotFound, Foreign, Unread.
	Load struct {
		Leaf
		Min messages.Rev
	}

	// Claim writes "I am renewing". Outcomes: Written, Conflict, Unwritten.
	Claim struct {
		Leaf
		Swap
	}

	// Mint asks the endpoint for a token. Outcomes: Minted, Failed.
	Mint struct {
		Leaf
		Refresh  messages.Secret   // to be spent; empty: a grant that can be used again
		Proofs   []messages.Secret // of an Establish
		Attempt  int               // of this renewal, beginning with 1
		ClientIP netip.Addr
	}

	// Save writes the record. Outcomes: Written, Conflict, Unwritten.
	Save struct {
		Leaf
		Swap
	}

	// Exchange asks the endpoint for a token in exchange for Subject. It has the slot
	// of its flight. Outcomes: Minted, Failed.
	Exchange struct {
		Leaf
		Flight   uint64
		Subject  messages.Secret
		For      messages.Exchange
		Attempt  int // of this flight, beginning with 1
		ClientIP netip.Addr
	}

	// RevokeToken has the server end a token. Outcomes: Ended, Failed.
	RevokeToken struct {
		Leaf
		Token    messages.Secret
		Refresh  bool // it is a refresh token
		Attempt  int
		ClientIP netip.Addr
	}
)

// Swap is a write by compare-and-swap.
type Swap struct {
	Prev   messages.Rev
	Record messages.Record
	Op     messages.OpID
}

// Gone reports whether the write is a tombstone.
func (w Swap) Gone() bool { return w.Record.Status.Tombstone() }

func (Publish) effect()     {}
func (Withdraw) effect()    {}
func (Answer) effect()      {}
func (Emit) effect()        {}
func (Queue) effect()       {}
func (Load) effect()        {}
func (Claim) effect()       {}
func (Mint) effect()        {}
func (Save) effect()        {}
func (Exchange) effect()    {}
func (RevokeToken) effect() {}
