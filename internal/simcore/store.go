package simcore

import (
	"context"
	"time"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/internal/record"
	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/store"
)

// shelves is the store that the processes share, with the contract of package store. It
// answers at once: what takes time, or goes wrong, is the business of the leaf that is
// being served.
type shelves struct {
	world     *World
	shelves   []shelf
	downUntil time.Duration
	writes    uint64 // that have landed
	looks     uint64 // that were no leaves
}

// shelf is the newest revisions of one key, the newest last.
type shelf struct {
	gone int // how many there were before them
	past []revision
}

// remembered is how many revisions a shelf keeps at least.
const remembered = 32

// revision is one write.
type revision struct {
	value  []byte
	record messages.Record
	op     store.OpID
	gone   bool
	key    string
	at     time.Duration
}

var _ store.Store = (*shelves)(nil)

func (t *shelves) reset(w *World, sessions int) {
	t.world, t.downUntil, t.writes, t.looks = w, 0, 0, 0
	for len(t.shelves) < sessions {
		t.shelves = append(t.shelves, shelf{})
	}
	t.shelves = t.shelves[:sessions]
	for i := range t.shelves {
		clear(t.shelves[i].past)
		t.shelves[i].gone, t.shelves[i].past = 0, t.shelves[i].past[:0]
	}
}

func (s *shelf) rev() store.Rev { return store.Rev(s.gone + len(s.past)) }

// newest returns the newest record; nil: there is none.
func (s *shelf) newest() *messages.Record {
	if len(s.past) == 0 {
		return nil
	}
	return &s.past[len(s.past)-1].record
}

func (s *shelf) entry(rev store.Rev) store.Entry {
	r := &s.past[int(rev)-1-s.gone]
	return store.Entry{Key: r.key, Value: r.value, Rev: rev, Op: r.op, Gone: r.gone}
}

func (t *shelves) shelf(key string) *shelf { return &t.shelves[sessionOf(key)] }

// Load returns the newest revision, or an older one where a replica is behind.
func (t *shelves) Load(_ context.Context, key string, least store.Rev) (store.Entry, error) {
	s, back := t.shelf(key), store.Rev(0)
	switch l := t.world.serving; {
	case l == nil: // a look beside the leaves
		t.looks++
		if t.world.strikes(Unwritten, t.looks<<8) {
			return store.Entry{}, store.ErrUnavailable
		}
	case l.refusal != nil:
		return store.Entry{}, l.refusal
	default:
		back = l.back
	}
	if len(s.past) == 0 {
		return store.Entry{}, store.ErrNotFound
	}
	rev := max(s.rev()-min(back, s.rev()), least, store.Rev(s.gone+1))
	for rev < s.rev() && s.past[int(rev)-s.gone].at < t.mustHave() {
		rev++
	}
	if rev > s.rev() {
		return store.Entry{}, store.ErrUnavailable
	}
	return s.entry(rev), nil
}

// mustHave is until when a replica has all that was written which answers the process whose
// leaf is served: what was written before its watch had found the thread again. It may be
// further behind where that does no harm, since all tombstones are told of sooner or later.
func (t *shelves) mustHave() time.Duration {
	if l := t.world.serving; l != nil && t.world.script.Terms.Tombstones > 0 {
		return l.by.met
	}
	return 0
}

// Swap writes if prev is the newest revision, or finds that it has done so.
func (t *shelves) Swap(_ context.Context, key string, prev store.Rev, value []byte, gone bool, op store.OpID) (store.Rev, error) {
	l := t.world.serving
	if l == nil {
		panic("BUG: a write that is no leaf")
	}
	if l.refusal != nil {
		return 0, l.refusal
	}
	s := t.shelf(key)
	for i := len(s.past) - 1; i >= 0 && s.gone+i >= int(prev); i-- { // it can only have landed after prev
		if s.past[i].op == op {
			return store.Rev(s.gone + i + 1), nil
		}
	}
	if l.touched && len(s.past) > 0 {
		l.touched = false
		t.touch(key, s)
	}
	if prev != s.rev() {
		return 0, store.ErrConflict
	}
	r := recordOf(l.job.Effect)
	if !t.world.script.Terms.Claims && r.Claim.Owner != "" { // it forgets who is renewing
		r.Claim = messages.Claim{}
		value = record.Encode(r)
	}
	t.land(key, s, revision{value: value, record: r, op: op, gone: gone, key: key})
	return s.rev(), nil
}

// put adds a revision, and lets go of what nobody asks for any more.
func (s *shelf) put(r revision) {
	if len(s.past) == 2*remembered {
		copy(s.past, s.past[remembered:])
		clear(s.past[remembered:])
		s.past = s.past[:remembered]
		s.gone += remembered
	}
	s.past = append(s.past, r)
}

// touch is somebody who writes what is there once more.
func (t *shelves) touch(key string, s *shelf) {
	again := s.past[len(s.past)-1]
	again.op = store.OpID{}
	t.land(key, s, again)
}

func (t *shelves) land(key string, s *shelf, r revision) {
	w, i := t.world, sessionOf(key)
	r.at = w.now
	t.writes++
	w.checkRecord(i, s.newest(), &r.record)
	w.checkWritten(&r)
	s.put(r)
	w.note(noteWrite, nil, i, uint64(s.rev()), uint64(numberOf(r.record.Token.Access)), uint64(r.record.Status))
	k := &w.known[i]
	if p := w.server.pair(r.record.Token.Access); p != nil {
		p.saved, p.placed = true, place{r.record.Grant, r.record.Generation}
		k.misdated = k.misdated || k.outdates(r.record.Token.Issued, epoch.Add(p.issued))
	}
	k.misdated = k.misdated || r.record.Written.Before(k.given)
	w.notify(i)
}

// recordOf is what a leaf writes.
func recordOf(e machine.Effect) messages.Record {
	switch e := e.(type) {
	case machine.Claim:
		return e.Record
	case machine.Save:
		return e.Record
	}
	panic("BUG: a leaf that writes nothing")
}

// Watch is never called: the Stage does what it would do.
func (t *shelves) Watch(context.Context, func(store.Change)) error { panic("BUG: a watch that blocks") }

// Caps says that the store is shared and lasts.
func (t *shelves) Caps() store.Caps {
	return store.Caps{Shared: true, Durable: true, GapAfter: gapAfter, Tombstones: t.world.script.Terms.tombstones()}
}

// Close does nothing.
func (t *shelves) Close() error { return nil }
