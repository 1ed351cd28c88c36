package clockutil

import "time"

// timerHeap holds timers with the earliest at index 0, and each timer knows its
// index. It is not container/heap, whose calls through an interface cost more
// than the rest of a timer; and it has four children a node instead of two,
// because half the levels are half the timers touched on the way.
type timerHeap []entry

// entry repeats in the heap what orders the timers, to compare them without
// going to each.
type entry struct {
	at    time.Duration // since the start of the clock
	made  uint64
	timer *virtualTimer
}

func (e entry) before(other entry) bool {
	return e.at < other.at || e.at == other.at && e.made < other.made
}

const (
	gone     = -1 // the index of a timer that is in no heap
	children = 4
)

func (h *timerHeap) push(e entry) {
	*h = append(*h, e)
	h.up(len(*h)-1, e)
}

// remove takes out the entry at index i and fills the gap with the last one.
func (h *timerHeap) remove(i int) entry {
	removed, last := (*h)[i], len(*h)-1
	moved := (*h)[last]
	(*h)[last] = entry{}
	*h = (*h)[:last]
	if i < last {
		h.move(i, moved)
	}
	removed.timer.index = gone
	return removed
}

// move puts e where it belongs, given that index i is free.
func (h timerHeap) move(i int, e entry) {
	if i > 0 && e.before(h[(i-1)/children]) {
		h.up(i, e)
	} else {
		h.down(i, e)
	}
}

// up puts e at index i or above it, moving down what is later.
func (h timerHeap) up(i int, e entry) {
	for i > 0 {
		parent := (i - 1) / children
		if !e.before(h[parent]) {
			break
		}
		h.put(i, h[parent])
		i = parent
	}
	h.put(i, e)
}

// down puts e at index i or below it, moving up what is earlier.
func (h timerHeap) down(i int, e entry) {
	for i*children+1 < len(h) {
		child := h.earliestChild(i)
		if !h[child].before(e) {
			break
		}
		h.put(i, h[child])
		i = child
	}
	h.put(i, e)
}

// earliestChild returns the index of the earliest child of i, which has one.
func (h timerHeap) earliestChild(i int) int {
	first := i*children + 1
	earliest := first
	for child := first + 1; child < min(first+children, len(h)); child++ {
		if h[child].before(h[earliest]) {
			earliest = child
		}
	}
	return earliest
}

func (h timerHeap) put(i int, e entry) {
	h[i] = e
	e.timer.index = i
}
