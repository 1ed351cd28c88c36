// Package enumerate walks all interleavings of small worlds to their end: two
// processes hold one session over one shared store and one authorization server, on the
// real machine.Session.Step. Nothing is sampled. Step is pure and a session is a value, so a
// state of the world is a value too, and a walk is breadth first over all that can happen next,
// until nothing new turns up.
//
// # What can happen
//
// In each state: a caller asks (Get always; Reject, Revoke and a login as often as the world
// says), a leaf of I/O arrives where it goes, its answer arrives, a timer fires, the store's watch
// tells one process of the newest record, and something goes wrong, as often as the world
// says:
//
//	hangs      the leaf is served at any time or never, and answered at any time or never: lost
//	           before, lost after, slow, late
//	is cut off the same, but the process is told at once that nobody knows
//	refused    it is definitely not done
//	again      its answer comes a second time
//	behind     a replica answers a Load with the revision before
//	crashes    a process ends and starts again; what it has sent may still arrive
//	stands     a process does nothing while time passes, and goes on at any time
//	down       the store answers nobody, for any time up to a bound
//
// # Time
//
// A leaf that fares well is served and answered before time passes; in which order, and
// between which others, is open. Then time goes to the next moment at which anything changes by
// time alone (a timer, a token that becomes stale, or is over), rounded up to the world's grid: the
// timers of one step of the grid are late, and fire in any order.
//
// # When two states are one
//
// States are compared by a key: the sessions' keys and the world around them, with moments
// counted from now in steps of the world's clock, revisions from the newest, and leaves, callers and writes by
// their place. What is further away than the world's horizon never comes: so the last token lives on, and
// it is of no account how old it is. The tests compare the futures of states that differ in anything at
// all and have one key.
//
// # What is checked
//
// Each promise is a constant of promise.go, and is checked with each move; that a fresh
// token or an honest end can still be reached is looked up at the end, backward over
// all moves but faults. What no client can avoid is admitted where it was paid for with a fault, and listed
// by kind (Result.Admitted). As the walk is breadth first, the history of a finding is the shortest
// that there is.
//
// # What is left out, in every world
//
// Waiting for a slot at the endpoint, callers who leave, Refresh, Exchange, MinValidity, sleep, Close, Gap,
// wall clocks that jump, answers of endpoint or store other than those above, and any answer but a
// Mint's that comes after its leaf was given up (Step ignores it). A process that crashes starts at once: one that
// stays away is one that nobody asks. A crash in the middle of a step leaves nothing behind that a crash after it,
// of whose requests none arrives, does not.
package enumerate
