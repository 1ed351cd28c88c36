package machine

import "time"

// promiseItem is something that will happen.
type promiseItem struct {
	at         time.Duration
	seq        uint64 // equal instants in the order they were made
	kind       promiseItemKind
	proc, life int
	number     uint64
	leaf       *promiseLeaf
}

type promiseItemKind uint8

const (
	itemAsk     promiseItemKind = iota // somebody asks something
	itemServe                          // a leaf arrives where it goes
	itemReply                          // and reports
	itemTimeout                        // or is given up
	itemChanged                        // the watch tells
	itemGap                            // the watch works again
	itemBoot                           // a process starts
	itemLeave                          // a caller goes away
)

// agenda is a heap of what will happen.
type agenda struct {
	heap []promiseItem
	seq  uint64
}

func (i promiseItem) before(j promiseItem) bool {
	return i.at < j.at || i.at == j.at && i.seq < j.seq
}

func (a *agenda) push(i promiseItem) {
	a.seq++
	i.seq = a.seq
	a.heap = append(a.heap, i)
	for n := len(a.heap) - 1; n > 0; {
		up := (n - 1) / 2
		if !a.heap[n].before(a.heap[up]) {
			return
		}
		a.heap[n], a.heap[up] = a.heap[up], a.heap[n]
		n = up
	}
}

func (a *agenda) first() (promiseItem, bool) {
	if len(a.heap) == 0 {
		return promiseItem{}, false
	}
	return a.heap[0], true
}

func (a *agenda) pop() promiseItem {
	top, last := a.heap[0], len(a.heap)-1
	a.heap[0] = a.heap[last]
	a.heap = a.heap[:last]
	for n := 0; ; {
		least := n
		for _, c := range [2]int{2*n + 1, 2*n + 2} {
			if c < last && a.heap[c].before(a.heap[least]) {
				least = c
			}
		}
		if least == n {
			return top
		}
		a.heap[n], a.heap[least] = a.heap[least], a.heap[n]
		n = least
	}
}

func (w *promiseWorld) after(d time.Duration, i promiseItem) {
	i.at = w.clock + d
	w.push(i)
}
