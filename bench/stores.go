package main

import (
	"context"
	"fmt"
	"time"
)

// What does a store cost, and how soon does another process know?
//
// Each store is measured beside the client of its server or file, which does what a
// program would do that keeps its tokens by hand: compare and set one record, and read it.
// The records are of 1.5 KB, the servers are on this machine, and write to the disk or not
// as they are configured. What a store does beyond its client is in its figure: it
// knows an operation that is sent twice, keeps tombstones, and tells the other processes.
//
// A Swap and a Load are what one of so many callers waits for, who ask again and again, each
// for a record of his own.
//
// From a Swap to the other process's hot path: two Managers, each with a store of its
// own over the same server, stand for two processes. The first renews a session, and a
// goroutine asks the second for the token until it is a new one. The time is that from
// just before the Swap which saves the token. The client tells of its write, by what its
// server has for that, and the same goroutine looks until another connection has been
// told.
//
// The hot path is that of the scenario hot, with 1,000 goroutines. A renewal is one of a
// refresh token, and what it asks of the store is counted.
func stores() scenario {
	return scenario{
		name:       "stores",
		question:   "What does a store cost, and how soon does another process know?",
		longRounds: true,
		contests:   storeContests,
	}
}

func storeContests(s settings) ([]contest, error) {
	return []contest{storing(s, 1), storing(s, 32), noticing(s), hotOver(s), writing(s)}, nil
}

// storing is a Swap and a Load by so many callers.
func storing(s settings, callers int) contest {
	length := time.Duration(s.scaled(500, 25)) * time.Millisecond
	all, value := newStands(), newRecord()
	c := contest{
		name:    fmt.Sprint(callers),
		title:   fmt.Sprintf("%s, each with a record of 1.5 KB", plural(callers, "caller")),
		columns: []column{{name: "Swap", unit: microseconds, drawn: true}, {name: "Load", unit: microseconds, drawn: true}},
		close:   all.close,
	}
	writers := map[string]*writer{}
	measure := func(name string) func(context.Context) ([]reading, error) {
		return func(ctx context.Context) ([]reading, error) { return writers[name].measure(ctx, length) }
	}
	for _, one := range all {
		c.entrants = append(c.entrants,
			one.entrant(one.name, ours, measure(one.name)), one.entrant(one.hand, limit, measure(one.hand)))
	}
	c.open = func(ctx context.Context) error {
		return all.open(ctx, s, func(one *stand) error {
			kept, err := one.newStore(ctx)
			if err != nil {
				return err
			}
			byHand, err := one.newClient(ctx)
			writers[one.name] = &writer{keeping{kept}, value, make([]uint64, callers)}
			writers[one.hand] = &writer{byHand, value, make([]uint64, callers)}
			return err
		})
	}
	return c
}

// writer is callers of a client, each with a record of his own.
type writer struct {
	client
	value []byte
	revs  []uint64 // by caller
}

// measure returns what a caller waits for a Swap and for a Load, in microseconds.
func (w *writer) measure(ctx context.Context, length time.Duration) ([]reading, error) {
	swap, err := w.wait(length, func(i int) (err error) {
		w.revs[i], err = w.swap(ctx, keyOf(i), w.revs[i], w.value)
		return err
	})
	if err != nil {
		return nil, err
	}
	load, err := w.wait(length, func(i int) error {
		value, err := w.load(ctx, keyOf(i))
		if err == nil && len(value) != len(w.value) {
			err = errShort
		}
		return err
	})
	return readings(swap, load), err
}

const errShort = errText("a record has another length than the one that was written")

// wait returns the mean time of a call in microseconds, all callers calling again and again.
func (w *writer) wait(length time.Duration, f func(caller int) error) (float64, error) {
	calls, took, err := again(len(w.revs), length, f)
	return microsecondsOf(took) * float64(len(w.revs)) / float64(calls), err
}

func microsecondsOf(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
