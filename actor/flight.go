package actor

import (
	"maps"
	"slices"

	"github.com/holdfast-go/holdfast/internal/machine"
)

// flight is an exchange under way: its own place at the endpoint's bound, and
// its leaf.
type flight struct {
	ticket *ticket
	leaf   *Job // nil: there is none
}

// enqueueFlight waits for a slot for an exchange.
func (s *Session) enqueueFlight(q machine.Queue) {
	f := s.flightOf(q.Flight)
	f.ticket = s.bound.enter(s.machine.Flight(q.Flight).Urgent, func() {
		s.post(event{machine.Done{Leaf: q.Number, Outcome: machine.Granted{}}})
	})
}

// exchange starts the request of a flight.
func (s *Session) exchange(x machine.Exchange) {
	s.flightOf(x.Flight).leaf = s.start(x.Leaf, x)
}

func (s *Session) flightOf(number uint64) *flight {
	if f, ok := s.flights[number]; ok {
		return f
	}
	if s.flights == nil {
		s.flights = make(map[uint64]*flight)
	}
	f := &flight{}
	s.flights[number] = f
	return f
}

// setFlights cancels the leaves of flights that the machine does not wait for
// any more, gives places back, and says how urgent the others are.
func (s *Session) setFlights() {
	for _, number := range inOrder(s.flights) {
		f := s.flights[number]
		f.set(s.machine.Flight(number))
		if f.ticket == nil && f.leaf == nil {
			delete(s.flights, number)
		}
	}
	if len(s.flights) == 0 {
		s.flights = nil
	}
}

// inOrder are the numbers of the flights: places are given back in an order that does
// not depend on a map.
func inOrder(flights map[uint64]*flight) []uint64 {
	if len(flights) == 0 {
		return nil
	}
	return slices.Sorted(maps.Keys(flights))
}

func (f *flight) set(wanted machine.Flight) {
	if f.leaf != nil && f.leaf.Leaf.Number != wanted.Leaf {
		f.leaf.giveUp()
		f.leaf = nil
	}
	if f.ticket == nil {
		return
	}
	switch wanted.Slot {
	case machine.NoSlot:
		f.ticket.leave()
		f.ticket = nil
	case machine.WantSlot:
		f.ticket.hurry(wanted.Urgent)
	case machine.HaveSlot:
	}
}
