package machine

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/holdfast-go/holdfast/messages"
)

// Flight is what an exchange that is under way wants of the shell.
type Flight struct {
	Slot   Slot   // of the bound of the endpoint
	Urgent bool   // somebody waits for it
	Leaf   uint64 // the leaf that is under way; one with another number is of no use any more
}

// Flight returns the state of a flight; the zero Flight: it is over.
func (s Session) Flight(number uint64) Flight {
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

func (k *keyer) addExchanges(e *exchanges) {
	if e == nil {
		return
	}
	k.add("exchanges", e.grant, e.generation)
	for _, x := range e.sets {
		k.add("set", x.set, k.at(x.expiredAt), x.failures, x.cause.kind, fmt.Sprintf("%#v", x.cause.failure), k.at(x.due), k.at(x.rejectedAt))
		k.addToken("exchanged", x.token)
		k.addPair("parent", x.parent)
		k.addPair("refused", x.refused)
		k.addFlight(x.flight)
	}
}

func (k *keyer) addFlight(f *flight) {
	if f == nil {
		return
	}
	k.add("flight", f.number, f.leg, f.leaf, k.at(f.since), f.deadline, k.at(f.until), k.at(f.slotAt), f.attempt, f.tries, f.ip, k.at(f.limit))
	k.addPair("subject", f.subject)
	for _, c := range f.askers.list {
		if !c.left {
			k.add("asker", c.id, k.at(c.since), c.ip, c.tried)
		}
	}
}

// digestOfAsk tells what a held caller wants; zero: the token itself.
func digestOfAsk(c caller) messages.Digest {
	if c.exchange == nil {
		return messages.Digest{}
	}
	return digestOf(*c.exchange)
}
