package machine

import "github.com/holdfast-go/holdfast/messages"

// Event is what can happen to a session. The types of this file implement it,
// and no others.
//
//sumtype:decl
type Event interface{ event() }

// Caller numbers those who ask one session; numbers grow in the order of their
// asks. Zero is nobody: the ask has its effect and is not answered.
type Caller uint64

type (
	// Tick is nothing but the time. Step does what is due by now.
	Tick struct{}

	// Ask is a caller who wants something. A Get or a Refresh may be that of a
	// crowd: the More who have the numbers after his want the same.
	Ask struct {
		Caller Caller
		More   int
		Ask    messages.Ask
	}

	// Leave is a caller who has gone and waits no longer. He says so once.
	Leave struct{ Caller Caller }

	// Done is the end of a leaf of I/O. Leaf is the number that its effect carried.
	Done struct {
		Leaf    uint64
		Outcome Outcome
	}

	// Changed is the store telling of a newer revision, written by whoever. A
	// record that cannot be read is a Done's business, never a Changed.
	Changed struct {
		Rev    messages.Rev
		Record messages.Record
	}

	// Gap is the store's watch having lost sight of this session's record for a while.
	Gap struct{}

	// Unseen says that the watch has told nothing for so long, or has missed so much, that
	// what is held is not given out before another look at the store.
	Unseen struct{}

	// Sleep comes to a session that has been idle for long: it lets go of its token if the
	// store can give everything back.
	Sleep struct{}

	// Close lets go of the session. What must not be lost is saved, then
	// nothing is under way any more.
	Close struct{}
)

func (Tick) event()    {}
func (Ask) event()     {}
func (Leave) event()   {}
func (Done) event()    {}
func (Changed) event() {}
func (Gap) event()     {}
func (Unseen) event()  {}
func (Sleep) event()   {}
func (Close) event()   {}

// Outcome is what a leaf brought. Which outcomes a leaf can have stands at its
// effect.
//
//sumtype:decl
type Outcome interface{ outcome() }

type (
	// Granted says that the Queue has come to this renewal; it has a slot.
	Granted struct{}

	// Found says that the store has this record.
	Found struct {
		Rev    messages.Rev
		Record messages.Record
	}

	// NotFound says that the store has never had a record.
	NotFound struct{}

	// Foreign says that the record is another's, or in a format that this process does
	// not know.
	Foreign struct{}

	// Written says that the swap has landed.
	Written struct{ Rev messages.Rev }

	// Conflict says that the swap has not landed and never will; the revision had moved.
	Conflict struct{}

	// Unwritten says that the store failed; Open, that the swap may have landed, or land later.
	Unwritten struct {
		Reason string
		Open   bool
	}

	// Unread says that the store failed to say what it has.
	Unread struct{ Reason string }

	// Minted brings a token from the endpoint. Its Issued is when the request
	// was sent; a zero Expiry: the answer did not say.
	Minted struct{ Token messages.Token }

	// Ended says that the server has ended the token.
	Ended struct{}

	// Failed says that the endpoint gave no token, or did not end one.
	Failed struct{ Failure messages.Failure }

	// TimedOut says that the leaf has not ended by its deadline.
	TimedOut struct{}
)

func (Granted) outcome()   {}
func (Found) outcome()     {}
func (NotFound) outcome()  {}
func (Foreign) outcome()   {}
func (Written) outcome()   {}
func (Conflict) outcome()  {}
func (Unwritten) outcome() {}
func (Unread) outcome()    {}
func (Minted) outcome()    {}
func (Ended) outcome()     {}
func (Failed) outcome()    {}
func (TimedOut) outcome()  {}
