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
// Where other processes are to know of a write the client does it twice: once so that nobody hears
// of it, and once so that they do, as of the store's; the goals are about the latter.
// The records are of 1.5 KB, the servers are on this machine, and write to the disk or not
// as they are configured. What a store does beyond its client is in its figure: it
// knows an operation that is sent twice, keeps tombstones, and can tell what was missed.
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
		remark:     storesRemark,
		longRounds: true,
		contests:   storeContests,
	}
}

const storesRemark = `The servers have one node, on the machine of the callers. A Redis and a PostgreSQL are taken as they are configured, and where
they are can be said with ` + "`-redis URL` and `-postgres URL`" + `; the server of NATS is part of the harness, and waits for the disk with each
write. Two processes are two Managers, each with a store that was opened for it. Not measured: networks, clusters, standbys, failovers, poolers, and
records of another length than 1.5 KB.

A store does more than the clients beside it: with a Swap, redisstore also numbers the write over all keys and keeps it in a log, in the one thread of the
server. To notify is dear in PostgreSQL, which does it for one transaction after the other, so that 32 callers do not share a
write to the disk: compare the two clients. The bucket by hand is read from its leader, as natsstore's is; what another node answers may be old.`

func storeContests(s settings) ([]contest, error) {
	return []contest{storing(s, 1), storing(s, 32), noticing(s), hotOver(s), writing(s)}, nil
}

// storing is a Swap and a Load by so many callers.
func storing(s settings, callers int) contest {
	length := time.Duration(s.scaled(50, 5)) * time.Millisecond
	return bout{
		name:    fmt.Sprint(callers),
		title:   fmt.Sprintf("%s, each with a record of 1.5 KB", plural(callers, "caller")),
		columns: []column{{name: "Swap", unit: microseconds, drawn: true}, {name: "Load", unit: microseconds, drawn: true}},
		turns:   s.scaled(15, 1),
		beside:  func(one shelf) []string { return append([]string{one.hand}, one.told()...) },
		open: func(ctx context.Context, one *stand) ([]side, error) {
			kept, err := one.newStore(ctx)
			if err != nil {
				return nil, err
			}
			byHand, err := one.newClient(ctx)
			sides := []side{
				newWriter(keeping{kept}, callers).side(one.name, length),
				newWriter(byHand, callers).side(one.hand, length),
			}
			if one.tells != "" {
				sides = append(sides, newWriter(aloud{byHand}, callers).side(one.tells, length))
			}
			return sides, err
		},
		figures: medians,
	}.contest(s)
}

// writer is callers of a client, each with a record of his own.
type writer struct {
	client
	value []byte
	revs  []uint64 // by caller
}

func newWriter(c client, callers int) *writer {
	return &writer{client: c, value: newRecord(), revs: make([]uint64, callers)}
}

// side measures what a caller waits for a Swap and for a Load.
func (w *writer) side(name string, length time.Duration) side {
	return side{name, func(ctx context.Context) ([]reading, error) {
		swap, err := w.wait(length, func(i int) error { return w.swapAgain(ctx, i) })
		if err != nil {
			return nil, err
		}
		load, err := w.wait(length, func(i int) error { return w.loadAgain(ctx, i) })
		return readings(swap, load), err
	}}
}

func (w *writer) swapAgain(ctx context.Context, caller int) (err error) {
	w.revs[caller], err = w.swap(ctx, keyOf(caller), w.revs[caller], w.value)
	return err
}

func (w *writer) loadAgain(ctx context.Context, caller int) error {
	value, err := w.load(ctx, keyOf(caller))
	if err == nil && len(value) != len(w.value) {
		return errLength
	}
	return err
}

const errLength = errText("a record has another length than the one that was written")

// wait returns the mean time of a call in microseconds.
func (w *writer) wait(length time.Duration, f func(caller int) error) (float64, error) {
	calls, took, err := again(len(w.revs), length, f)
	return inMicroseconds(took) * float64(len(w.revs)) / float64(calls), err
}

func inMicroseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
