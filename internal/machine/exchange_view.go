package machine

import (
	"cmp"
	"slices"
	"time"
)

// Flight is what an exchange that is under way wants of the shell.
type Flight struct {
	Slot   Slot   // of the bound of the endpoint
	Urgent bool   // somebody waits for it
	Leaf   uint64 // the leaf that is under way; one with another number is of no use any more
}

// Flight returns the state of a flight; the zero Flight: it is over.
func (s *Session) Flight(number uint64) Flight {
	for _, x := range s.exchanges.all() {
		if x.flight != nil && x.flight.number == number {
			return x.flight.view()
		}
	}
	return Flight{}
}

func (f *flight) view() Flight {
	v := Flight{Leaf: f.leafNow(), Urgent: !f.askers.none()}
	switch f.leg {
	case enqueued:
		v.Slot = WantSlot
	case exchanging:
		v.Slot = HaveSlot
	case inLine, backingOff:
	}
	return v
}

// inOrder returns the sets with a flight under way, which began first is the first.
func (e *exchanges) inOrder() []*exchange {
	flying := slices.DeleteFunc(slices.Clone(e.all()), func(x *exchange) bool { return x.flight == nil })
	slices.SortFunc(flying, func(a, b *exchange) int { return cmp.Compare(a.flight.number, b.flight.number) })
	return flying
}

// flying reports whether an exchange is under way.
func (e *exchanges) flying() bool {
	return slices.ContainsFunc(e.all(), func(x *exchange) bool { return x.flight != nil })
}

// clone returns a copy that shares nothing that changes.
func (e *exchanges) clone() *exchanges {
	if e == nil {
		return nil
	}
	c := *e
	c.sets = make([]*exchange, len(e.sets))
	for i, x := range e.sets {
		own := *x
		if x.flight != nil {
			f := *x.flight
			f.askers.list = slices.Clone(f.askers.list)
			own.flight = &f
		}
		c.sets[i] = &own
	}
	return &c
}

func (k *Keyer) exchanges(e *exchanges) {
	if e == nil {
		return
	}
	k.list("exchanges", e.grant, e.generation)
	for _, x := range e.sets {
		k.word(string(x.set[:]))
		k.until("over", x.expiredAt)
		k.list("failed", uint64(x.failures))
		k.cause(x.cause)
		k.until("due", x.due)
		k.at("rejected", x.rejectedAt)
		k.token("exchanged", x.token)
		k.pair("parent", x.parent)
		k.pair("refused", x.refused)
		k.flight(x.flight)
	}
}

func (k *Keyer) flight(f *flight) {
	if f == nil {
		return
	}
	k.list("flight", f.number, uint64(f.leg), f.leaf, uint64(f.deadline), uint64(f.attempt), uint64(f.tries))
	k.at("since", f.since)
	k.at("until", f.until)
	k.at("slot", f.slotAt)
	k.at("limit", f.limit)
	k.ip(f.ip)
	k.pair("subject", f.subject)
	for _, c := range f.askers.list {
		k.held(c, time.Time{})
	}
}
