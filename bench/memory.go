package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/store"
)

// What does a session take, when there are a million?
//
// Each entrant has a process of its own, in which every session has got its token. Heap
// is what is live after a garbage collection; resident is what the operating system says,
// after what is free has been given back to it. The token itself, and for this library
// the record in its store, are counted apart: the first everybody needs, the second is the store's.
func memory() scenario {
	return scenario{
		name:       "memory",
		question:   "What does a session take, when there are a million?",
		longRounds: true,
		contests:   memoryContests,
	}
}

func memoryContests(s settings) ([]contest, error) {
	million := s.scaled(1_000_000, 5_000)
	burst := s.scaled(100_000, 10_000)
	all := []contest{memoryAwake(million), memoryAsleep(million), memoryAfterBurst(million, burst)}
	if !s.quick {
		all = append(all, memoryAfterBurst(1, burst))
	}
	return all, nil
}

// heavy are rivals that are made for one client a program. Theirs are a hundredth.
var heavy = map[string]bool{"azcore policy": true, "azidentity": true, "MSAL": true}

func memoryAwake(sessions int) contest {
	c := contest{
		name:  "resident",
		title: fmt.Sprintf("%s sessions with a token (azcore, azidentity and MSAL: %s)", grouped(sessions), grouped(sessions/100)),
		columns: []column{
			{name: "heap a session", unit: octets},
			{name: "of it the token", unit: octets},
			{name: "of it the store", unit: octets},
			{name: "the rest", unit: octets, drawn: true},
			{name: "resident a session", unit: octets},
		},
	}
	for _, r := range rivals() {
		e := errand{What: "memory", Rival: r.name, Sessions: sessions}
		if heavy[r.name] {
			e.Sessions /= 100
		}
		c.entrants = append(c.entrants, entrant{name: r.name, role: r.role, play: func(ctx context.Context) ([]reading, error) {
			all, err := e.sent(ctx)
			return firstOf(all, len(c.columns)), err
		}})
	}
	return c
}

func memoryAsleep(sessions int) contest {
	e := errand{What: "memory", Rival: holdfast().name, Sessions: sessions, UntilIdle: true}
	c := contest{
		name:  "asleep",
		title: fmt.Sprintf("%s sessions asleep, their tokens in the store", grouped(sessions)),
		columns: []column{
			{name: "heap a session", unit: octets},
			{name: "of it the token", unit: octets},
			{name: "of it the store", unit: octets},
			{name: "the rest", unit: octets, drawn: true},
			{name: "resident a session", unit: octets},
		},
	}
	for _, r := range rivals() {
		one := entrant{name: r.name, role: r.role, cannot: "its sessions do not sleep"}
		if r.role == ours {
			one.cannot = ""
			one.play = func(ctx context.Context) ([]reading, error) {
				all, err := e.sent(ctx)
				return firstOf(all, len(c.columns)), err
			}
		}
		c.entrants = append(c.entrants, one)
	}
	return c
}

// memoryAfterBurst has many callers wait for one more session. As many goroutines
// have been there before the first weighing, since the runtime keeps what it made for them.
func memoryAfterBurst(sessions, callers int) contest {
	c := contest{
		name:  fmt.Sprintf("burst %d", min(sessions, 2)),
		title: fmt.Sprintf("%s, after %s callers have waited for one", plural(sessions, "session"), grouped(callers)),
		columns: []column{
			{name: "heap before", unit: octets}, {name: "heap after", unit: octets}, {name: "after over before", unit: times}, {name: "resident after over before", unit: times},
		},
	}
	for _, r := range rivals() {
		one := entrant{name: r.name, role: r.role, play: func(ctx context.Context) ([]reading, error) {
			e := errand{What: "memory", Rival: r.name, Sessions: sessions, Callers: callers}
			all, err := e.sent(ctx)
			return lastOf(all, len(c.columns)), err
		}}
		if heavy[r.name] {
			one.cannot = "it is made for one client a program; see above"
		}
		c.entrants = append(c.entrants, one)
	}
	return c
}

func firstOf(all []reading, n int) []reading { return all[:min(n, len(all))] }

func lastOf(all []reading, n int) []reading { return all[max(0, len(all)-n):] }

// idleAfter is short, since sleep is what is waited for; each time that long, all sessions are looked at.
const idleAfter = time.Second

// weigh is the child's part: five figures of a session, and four of a burst.
func (e errand) weigh(ctx context.Context, r rival) ([]float64, error) {
	kept := store.NewMemory()
	o := options{sessions: e.Sessions, store: kept}
	if e.UntilIdle {
		o.idleAfter = idleAfter
	}
	m := &member{rival: r, options: o}
	if e.Callers > 0 {
		m.options.sessions++ // for the burst
		if err := crowdOnce(e.Callers); err != nil {
			return nil, err
		}
	}
	empty := takeFootprint()
	if err := errors.Join(m.openEmpty(time.Hour), m.fill(ctx, e.Sessions)); err != nil {
		return nil, err
	}
	if e.UntilIdle {
		if err := awaitSleep(ctx, m.keeper); err != nil {
			return nil, err
		}
	}
	full := takeFootprint()
	figures := e.perSession(ctx, r, full.minus(empty), kept)
	if e.Callers > 0 {
		if err := m.burst(ctx, e.Callers); err != nil {
			return nil, err
		}
		after := takeFootprint()
		figures = append(figures, full.heap, after.heap, after.heap/full.heap, after.resident/full.resident)
	}
	runtime.KeepAlive(m)
	return figures, m.close()
}

func (e errand) perSession(ctx context.Context, r rival, taken footprint, kept *store.Memory) []float64 {
	n := float64(e.Sessions)
	token, records := float64(tokenLength), 0.0
	if r.role == ours {
		records = weighRecords(ctx, kept, e.Sessions) / n
	}
	if e.UntilIdle {
		token = 0
	}
	return []float64{taken.heap / n, token, records, taken.heap/n - token - records, taken.resident / n}
}

// weighRecords weighs a copy of what the store holds.
func weighRecords(ctx context.Context, kept *store.Memory, n int) float64 {
	empty := takeFootprint()
	copied := store.NewSharedMemory()
	for i := range n {
		entry, err := kept.Load(ctx, keyOf(i), 0)
		if err != nil {
			continue // of the burst's, or not saved
		}
		_, _ = copied.Swap(ctx, entry.Key, 0, entry.Value, false, entry.Op)
	}
	taken := takeFootprint().minus(empty)
	runtime.KeepAlive(copied)
	return taken.heap
}

// burst has callers wait for the last session, which has no token yet.
func (m *member) burst(ctx context.Context, callers int) error {
	m.endpoint.latency.Store(int64(200 * time.Millisecond))
	_, err := gather(callers, func(int) error {
		_, err := m.keeper.token(ctx, m.options.sessions-1)
		return err
	}).release()
	return err
}

func crowdOnce(n int) error {
	_, err := gather(n, func(int) error {
		time.Sleep(200 * time.Millisecond)
		return nil
	}).release()
	return err
}

// awaitSleep returns when all sessions sleep.
func awaitSleep(ctx context.Context, k keeper) error {
	manager := k.(*holdfastKeeper).manager
	for range 1_000 {
		if awake(manager) == 0 {
			return nil
		}
		if err := sleep(ctx, idleAfter/4); err != nil {
			return err
		}
	}
	return errors.New("some sessions do not fall asleep")
}

func awake(manager *sessions.Manager) int {
	n := 0
	for s := range manager.All() {
		if s.State != "Empty" {
			n++
		}
	}
	return n
}

func heapInUse() float64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// residentMemory is what Linux says; elsewhere, what Go has from the operating system.
func residentMemory() float64 {
	text, err := os.ReadFile("/proc/self/statm")
	fields := strings.Fields(string(text))
	if err == nil && len(fields) > 1 {
		if pages, err := strconv.Atoi(fields[1]); err == nil {
			return float64(pages * os.Getpagesize())
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.Sys - m.HeapReleased)
}
