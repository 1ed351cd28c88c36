package enumerate

import (
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// shelf is the shared store, of the one key that there is: compare-and-swap by
// revision, and operations that can be sent again.
type shelf struct {
	rev    messages.Rev
	record messages.Record
	before messages.Record // the revision before: what a replica that lags behind has
	landed []messages.OpID // the write of each revision
	saved  uint16          // pairs that were ever in the store
	given  uint16          // families in whose place a given token has been saved, and not over a tombstone
	down   bool            // it answers nobody
	until  time.Duration   // down: it answers again at the latest
}

func (h *shelf) put(w machine.Swap) {
	h.rev++
	if was := h.record; w.Record.Grant > was.Grant && !was.Status.Tombstone() {
		h.given |= before(was.Grant+1) &^ before(was.Grant)
	}
	h.before, h.record = h.record, w.Record
	h.landed = append(slices.Clip(h.landed), w.Op)
	h.saved |= 1 << numberOf(w.Record.Token.Access)
}

// before returns the families of the grants before one. Families of one-time tokens are counted by
// their logins, as grants are.
func before(grant uint64) uint16 { return 1<<max(grant, 1)>>1 - 1 }

// landedAt returns the revision that an operation has written; zero: none.
func (h *shelf) landedAt(op messages.OpID) messages.Rev {
	return messages.Rev(slices.Index(h.landed, op) + 1)
}

func (h *shelf) load() machine.Outcome {
	if h.rev == 0 {
		return machine.NotFound{}
	}
	return machine.Found{Rev: h.rev, Record: h.record}
}

// loadBehind is a replica that lags behind by one revision, as far as it may.
func (h *shelf) loadBehind(least messages.Rev) machine.Outcome {
	if h.rev < 2 || h.rev-1 < least {
		return h.load()
	}
	return machine.Found{Rev: h.rev - 1, Record: h.before}
}

// swap is a write that has arrived.
func (s *state) swap(w machine.Swap) machine.Outcome {
	if rev := s.store.landedAt(w.Op); rev > 0 {
		return machine.Written{Rev: rev}
	}
	if w.Prev != s.store.rev {
		return machine.Conflict{}
	}
	was := s.store.record
	h := s.storeToChange()
	h.put(w)
	if s.world.loses {
		h.saved = s.world.begin().store.saved
	}
	s.recorded(was, w.Record)
	return machine.Written{Rev: h.rev}
}
