package simcore

import (
	"math/rand/v2"
	"time"
)

// loop is the one scheduler of a world: what can run now, and what will happen. Time
// moves only when nothing can run.
type loop struct {
	ties   rand.PCG // decides between what can run, and between equal instants
	now    time.Duration
	runs   []run
	agenda []item
	turns  uint64
}

// run is something that a process can do now.
type run struct {
	by *process
	f  func()
}

// item is something that will happen.
type item struct {
	at  time.Duration
	tie uint64
	of  happening
}

type happening interface{ happen() }

func (l *loop) reset(seed uint64) {
	l.ties.Seed(seed, 0x5c4ed)
	clear(l.runs)
	clear(l.agenda)
	l.now, l.turns, l.runs, l.agenda = 0, 0, l.runs[:0], l.agenda[:0]
}

// at lets something happen at an instant, or now if that has passed.
func (l *loop) at(at time.Duration, h happening) {
	l.push(item{at: max(at, l.now), tie: l.ties.Uint64(), of: h})
}

func (l *loop) after(d time.Duration, h happening) { l.at(l.now+d, h) }

// turn lets the next thing happen, unless it is later than limit.
func (l *loop) turn(limit time.Duration) bool {
	if n := len(l.runs); n > 0 {
		l.turns++
		l.next(n)
		return true
	}
	if len(l.agenda) == 0 || l.agenda[0].at > limit {
		return false
	}
	l.turns++
	i := l.pop()
	l.now = i.at
	i.of.happen()
	return true
}

// next runs one of the n that can run. What a process that stands still could do waits
// for it.
func (l *loop) next(n int) {
	i := 0
	if n > 1 {
		i = int(l.ties.Uint64() % uint64(n))
	}
	r := l.runs[i]
	l.runs[i] = l.runs[n-1]
	l.runs[n-1] = run{}
	l.runs = l.runs[:n-1]
	if r.by.frozen() {
		r.by.held = append(r.by.held, r.f)
		return
	}
	r.f()
}

func (i item) before(j item) bool { return i.at < j.at || i.at == j.at && i.tie < j.tie }

// push and pop keep the agenda a heap.
func (l *loop) push(i item) {
	l.agenda = append(l.agenda, i)
	n := len(l.agenda) - 1
	for n > 0 {
		up := (n - 1) / 2
		if !i.before(l.agenda[up]) {
			break
		}
		l.agenda[n] = l.agenda[up]
		n = up
	}
	l.agenda[n] = i
}

func (l *loop) pop() item {
	top, last := l.agenda[0], len(l.agenda)-1
	moved := l.agenda[last]
	l.agenda[last] = item{}
	l.agenda = l.agenda[:last]
	if last > 0 {
		l.sink(moved)
	}
	return top
}

// sink puts an item that is to take the place of the first where it belongs.
func (l *loop) sink(moved item) {
	n := 0
	for {
		child := 2*n + 1
		if child >= len(l.agenda) {
			break
		}
		if right := child + 1; right < len(l.agenda) && l.agenda[right].before(l.agenda[child]) {
			child = right
		}
		if !l.agenda[child].before(moved) {
			break
		}
		l.agenda[n] = l.agenda[child]
		n = child
	}
	l.agenda[n] = moved
}
