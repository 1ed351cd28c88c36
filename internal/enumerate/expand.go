package enumerate

import (
	"hash/maphash"
	"runtime"
	"sync"
)

// expand makes all moves of some states, on all cores. What is known by now is only read.
func (k *walk) expand(states []*state) [][]successor {
	out := make([][]successor, len(states))
	var done sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		done.Go(func() {
			e := expander{walk: k}
			for i := w; i < len(states); i += workers {
				out[i] = e.successors(states[i])
			}
		})
	}
	done.Wait()
	return out
}

// expander has what one worker uses again.
type expander struct {
	*walk
	scratch scratch
	moves   []move
	key     []byte
}

func (e *expander) successors(s *state) []successor {
	e.moves = s.moves(e.moves[:0])
	out := make([]successor, len(e.moves))
	for i, m := range e.moves {
		n := s.next(&e.scratch)
		n.do(m)
		e.key = n.key(e.key)
		out[i] = successor{id: -1, digest: digestOf(e.key), faulty: m.kind.faulty()}
		if id, known := e.visited[out[i].digest]; known {
			out[i].id = id
		} else {
			out[i].state = n.kept()
		}
	}
	return out
}

// successor is where a move leads.
type successor struct {
	id     int32 // known before; negative: not
	digest digest
	state  *state // of one that was not known
	faulty bool
}

// digest tells states apart by their keys.
type digest [2]uint64

// seeds are of this process; that two of a walk's keys share a digest is
// less likely than that the machine which walks errs.
var seeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

func digestOf(key []byte) digest {
	return digest{maphash.Bytes(seeds[0], key), maphash.Bytes(seeds[1], key)}
}
