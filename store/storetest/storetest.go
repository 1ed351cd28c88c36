package storetest

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/store"
)

// Place is where the stores of one test keep their records: a file, a bucket, a table.
// Nothing is there at first.
type Place struct {
	// Open opens a store over the place; Run closes it. A store that is Shared is
	// opened a second time while the first is open, which may then be the same one. A
	// store that is Durable is opened again after it was closed.
	Open func() (store.Store, error)

	// Cut has the store's connections fall silent without an end, as a network does
	// that loses every packet, until mend is called. Swap and Load of the stores
	// that are open may fail meanwhile; those of a store that is opened meanwhile
	// must not. If nil, the store cannot be cut off, and its Caps.GapAfter must be zero.
	Cut func() (mend func())
}

// Run checks that a store keeps the contract. place returns a new and empty place.
func Run(t *testing.T, place func(t *testing.T) Place) {
	t.Helper()
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) { r.holds(t, place(t), patience) })
	}
}

// rule is one rule of the contract, and how a store is seen to keep it.
type rule struct {
	name  string
	says  string
	check func(*trial)
	asked func(*trial) bool // whether the rule is about such a store; nil: it is about all
}

var rules = slices.Concat(swapRules, watchRules, optionalRules, claimRules)

// holds checks that a store keeps the rule.
func (r rule) holds(t testing.TB, p Place, patience time.Duration) {
	t.Helper()
	tr := &trial{TB: t, rule: r.says, place: p, patience: patience}
	running := runtime.NumGoroutine()
	tr.store = tr.opens()
	defer tr.leavesNothing(running)
	defer tr.closes()
	if r.asked != nil && !r.asked(tr) {
		t.Skip("the store does not say that it can do this")
	}
	r.check(tr)
}

// trial is a store on trial for one rule.
type trial struct {
	testing.TB
	rule     string
	place    Place
	store    store.Store   // the first that was opened, or opened again
	open     []store.Store // all of them
	patience time.Duration // how long what is about to happen may take
}

// patience is that for real stores.
const patience = 10 * time.Second

// opens opens a store over the place.
func (t *trial) opens() store.Store {
	t.Helper()
	s, err := t.place.Open()
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.open = append(t.open, s)
	return s
}

// closes closes whatever is open.
func (t *trial) closes() {
	t.Helper()
	for _, s := range t.open {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	t.open = nil
}

// Errorf is that of a test, and ends with the rule.
func (t *trial) Errorf(format string, args ...any) {
	t.Helper()
	t.TB.Errorf(format+"\nThe rule: %s.", append(args, t.rule)...)
}

// Fatalf is that of a test, and ends with the rule.
func (t *trial) Fatalf(format string, args ...any) {
	t.Helper()
	t.TB.Fatalf(format+"\nThe rule: %s.", append(args, t.rule)...)
}
