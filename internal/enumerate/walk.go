package enumerate

import (
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
)

// Result is what a walk has found.
type Result struct {
	World       string
	States      int // that differ in something that matters
	Transitions int // from each state, all that can happen
	Depth       int // moves to the state that is furthest away
	Cut         int // states in which one token more is wanted than the world has: nothing follows them
	Elapsed     time.Duration

	Violations []Finding // of each promise that is broken, the shortest history
	Admitted   []Finding // of each kind of the end of a family that one fault can cost, the shortest history
}

// Finding is a history that was found.
type Finding struct {
	Name    string // of the promise that is broken, or of the kind that is admitted
	Why     string
	History History
}

// Progress is how far a walk has come.
type Progress struct {
	World                      string
	States, Transitions, Depth int
	Waiting                    int // states of this depth that were not looked at yet
}

// Walk visits every state that a world can reach, breadth first, and tells progress
// now and then; nil: nobody. The result is the same each time, but for Elapsed.
func Walk(w World, progress func(Progress)) Result {
	return newWalk(w, progress).result(nil)
}

func newWalk(w World, progress func(Progress)) *walk {
	return &walk{world: w.ready(), progress: progress, visited: map[digest]int32{}, found: map[string]bool{}}
}

// result walks, and stops early when enough has been found; nil: never.
func (k *walk) result(enough func(*Result) bool) Result {
	clock := clockutil.System()
	began := clock.Now()
	k.sum.World = k.world.Name
	k.run(enough)
	if enough == nil || !enough(&k.sum) {
		k.checkRecovery()
	}
	k.sum.Elapsed = clock.Now().Sub(began)
	k.tell()
	return k.sum
}

// walk is a walk under way. States go by numbers, in the order in which they were found.
type walk struct {
	world    *World
	progress func(Progress)
	visited  map[digest]int32
	nodes    []node
	edges    []int32 // to where each state leads without a fault, state by state
	sum      Result
	found    map[string]bool
}

// node is what is kept of a state that was visited.
type node struct {
	parent int32
	move   uint16 // which of the parent's moves leads here
	good   uint8  // the processes that have a fresh token, or an honest end; a bit each
	last   uint32 // its edges end here
}

// batch is how many states are expanded before what they lead to is noted.
const batch = 1 << 12

// run goes level by level.
func (k *walk) run(enough func(*Result) bool) {
	first := k.world.begin()
	level := []*state{first}
	k.add(digestOf(first.key(nil)), first, 0, 0)
	for at := 0; len(level) > 0 && (enough == nil || !enough(&k.sum)); k.sum.Depth++ {
		var next []*state
		for len(level) > 0 {
			n := min(batch, len(level))
			for i, found := range k.expand(level[:n]) {
				next = k.note(at+i, found, next)
			}
			clear(level[:n])
			at, level = at+n, level[n:]
			k.report(len(level))
		}
		level = next
	}
	k.sum.Depth--
	k.sum.States = len(k.nodes)
}

func (k *walk) report(waiting int) {
	if k.progress != nil {
		k.progress(Progress{k.world.Name, len(k.nodes), k.sum.Transitions, k.sum.Depth, waiting})
	}
}

// note adds what a state leads to.
func (k *walk) note(from int, found []successor, next []*state) []*state {
	k.sum.Transitions += len(found)
	for i, f := range found {
		id := f.id
		if known, ok := k.visited[f.digest]; ok {
			id = known
		}
		if id < 0 {
			id = k.add(f.digest, f.state, int32(from), uint16(i))
			next = append(next, f.state)
		}
		if !f.faulty {
			k.edges = append(k.edges, id)
		}
	}
	k.nodes[from].last = uint32(len(k.edges))
	return next
}

// add gives a state its number, and notes what it shows.
func (k *walk) add(d digest, s *state, parent int32, move uint16) int32 {
	id := int32(len(k.nodes))
	k.visited[d] = id
	k.nodes = append(k.nodes, node{parent: parent, move: move, good: s.good()})
	if s.cut {
		k.sum.Cut++
	}
	if s.broken != "" {
		k.finds(&k.sum.Violations, s.broken, s.why, id)
	}
	if s.family != "" {
		k.finds(&k.sum.Admitted, s.family, "", id)
	}
	return id
}

// finds notes the first history of a name. Breadth first, it is the shortest.
func (k *walk) finds(list *[]Finding, name, why string, id int32) {
	if !k.found[name] {
		k.found[name] = true
		*list = append(*list, Finding{Name: name, Why: why, History: History{end: id}})
	}
}
