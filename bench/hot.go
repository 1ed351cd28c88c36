package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// What does a token cost that is there already?
//
// Goroutines ask for it as fast as they can. The figure is the time from the first
// ask to the last answer, divided by the number of answers, so on two cores it is half
// of what one caller waits. Allocations are those of the whole process meanwhile.
func hot() scenario {
	return scenario{
		name:     "hot",
		question: "What does a token cost that is there already?",
		contests: hotContests,
	}
}

var hotColumns = []column{{name: "time", unit: nanoseconds, drawn: true}, {name: "allocations"}}

func hotContests(s settings) ([]contest, error) {
	var all []contest
	for _, goroutines := range s.crowds() {
		all = append(all, hotOne(s, goroutines))
	}
	return append(all, hotMany(s)...), nil
}

// crowds are how many goroutines ask at once.
func (s settings) crowds() []int {
	if s.quick {
		return []int{1, 1_000}
	}
	return []int{1, 100, 1_000, 10_000}
}

// hotOne is one session for everybody.
func hotOne(s settings, goroutines int) contest {
	l := newLineup("hot", options{sessions: 1}, nil)
	slot := newSlot(s, goroutines)
	entrants := l.entrants(func(_ context.Context, m *member) ([]reading, error) {
		return slot.measure(m.name, func(_, n int) error { return m.keeper.(looper).spin(n) })
	})
	return contest{
		name:     fmt.Sprint(goroutines),
		title:    fmt.Sprintf("%s, one session", plural(goroutines, "goroutine")),
		columns:  hotColumns,
		entrants: append(entrants, slot.entrant(atomicLoad, loadPointer)),
		open:     l.open,
		close:    l.close,
	}
}

// hotMany is as many sessions as a large server has: the same tokens by handle and by
// key.
func hotMany(s settings) []contest {
	sessions := s.scaled(100_000, 1_000)
	l := newLineup("hot", options{sessions: sessions}, nil)
	slot := newSlot(s, 1_000)
	order, keys := shuffled(sessions)
	byHandle := l.entrants(func(_ context.Context, m *member) ([]reading, error) {
		return slot.measure(m.name+" by handle", func(from, n int) error {
			return around(order, from, n, m.keeper.(looper).walk)
		})
	})
	byKey := l.entrants(func(_ context.Context, m *member) ([]reading, error) {
		return slot.measure(m.name+" by key", func(from, n int) error {
			return around(keys, from, n, m.keeper.(looper).seek)
		})
	})
	bare := newBareMap(sessions)
	title := fmt.Sprintf("1,000 goroutines, %s sessions, ", grouped(sessions))
	return []contest{
		{name: "handles", title: title + "by handle", columns: hotColumns, entrants: byHandle, open: l.open},
		{
			name:    "keys",
			title:   title + "looked up by key",
			columns: hotColumns,
			entrants: append(byKey, slot.entrant(bareMap, func(from, n int) error {
				return around(keys, from, n, bare.seek)
			})),
			close: l.close,
		},
	}
}

// shuffled returns all sessions, and their keys, in the same random order.
func shuffled(sessions int) (order []int, keys []string) {
	order = rand.New(rand.NewPCG(1, 2)).Perm(sessions)
	for _, i := range order {
		keys = append(keys, keyOf(i))
	}
	return order, keys
}

// around calls f with n elements in all, beginning at a place of the caller's own and
// going round as often as it takes.
func around[T any](all []T, from, n int, f func([]T) error) error {
	for from %= len(all); n > 0; from = 0 {
		some := all[from:min(len(all), from+n)]
		if err := f(some); err != nil {
			return err
		}
		n -= len(some)
	}
	return nil
}

// slot is the time that a play takes, for a number of goroutines. How often somebody
// can be asked in that time is found out before his first round.
type slot struct {
	length     time.Duration
	goroutines int
	enough     map[string]int // by entrant
}

// newSlot makes a slot so long that waking the goroutines, at up to a microsecond each,
// is a few hundredths of it.
func newSlot(s settings, goroutines int) *slot {
	length, each := 100*time.Millisecond, 50*time.Microsecond
	if s.quick {
		length, each = 10*time.Millisecond, 20*time.Microsecond
	}
	return &slot{
		length:     max(length, time.Duration(goroutines)*each),
		goroutines: goroutines,
		enough:     map[string]int{},
	}
}

// entrant makes an entrant of a loop.
func (s *slot) entrant(name string, loop func(from, n int) error) entrant {
	return entrant{name: name, role: limit, play: func(context.Context) ([]reading, error) {
		return s.measure(name, loop)
	}}
}

// measure returns the time and the allocations of one turn of loop, which all
// goroutines run at once, each from a place of its own.
func (s *slot) measure(name string, loop func(from, n int) error) ([]reading, error) {
	n, ok := s.enough[name]
	if !ok {
		var err error
		if n, err = s.calibrate(loop); err != nil {
			return nil, err
		}
		s.enough[name] = n
	}
	took, allocations, err := s.once(n, loop)
	if err != nil {
		return nil, err
	}
	turns := float64(n / s.goroutines * s.goroutines)
	return readings(float64(took)/turns, hundredths(float64(allocations)/turns)), nil
}

// calibrate returns how many turns fill the slot.
func (s *slot) calibrate(loop func(from, n int) error) (int, error) {
	for n := s.goroutines; ; n *= 4 {
		took, _, err := s.once(n, loop)
		if err != nil {
			return 0, err
		}
		if took > s.length/4 {
			return max(s.goroutines, int(float64(n)*float64(s.length)/float64(took))), nil
		}
	}
}

// once runs n turns in all, and returns the time and the allocations.
func (s *slot) once(n int, loop func(from, n int) error) (time.Duration, uint64, error) {
	c := gather(s.goroutines, func(i int) error { return loop(i*997, n/s.goroutines) })
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	took, err := c.release()
	runtime.ReadMemStats(&after)
	return took, after.Mallocs - before.Mallocs, err
}

// hundredths leaves out what the runtime allocates for itself now and then.
func hundredths(v float64) float64 { return math.Round(v*100) / 100 }

// Limits of the hot path.
const (
	atomicLoad = "a bare atomic.Pointer load"
	bareMap    = "a bare lock-free map"
)

var pointer atomic.Pointer[string]

func loadPointer(_, n int) error {
	pointer.CompareAndSwap(nil, new(string))
	for range n {
		if pointer.Load() == nil {
			return noToken
		}
	}
	return nil
}

// lookup is a sync.Map from key to token and nothing else: no expiry, no state.
type lookup struct{ byKey sync.Map }

func newBareMap(sessions int) *lookup {
	l := &lookup{}
	for i := range sessions {
		l.byKey.Store(keyOf(i), new(string))
	}
	return l
}

func (l *lookup) seek(keys []string) error {
	for _, key := range keys {
		if v, ok := l.byKey.Load(key); !ok || v.(*string) == nil {
			return noToken
		}
	}
	return nil
}
