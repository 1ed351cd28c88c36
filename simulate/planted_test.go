package simulate

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/sessions"
)

// plantedWithin is within how many seeds a planted bug must be found.
const plantedWithin = 300

// finds plays code with a bug until a seed finds it, and the same code without it over all
// seeds.
func finds(t *testing.T, o Options, code func(s *Sim, planted bool)) {
	t.Helper()
	found := uint64(0)
	for seed := uint64(1); seed <= plantedWithin && found == 0; seed++ {
		if s := plays(t, o, seed, func(s *Sim) { code(s, true) }); s.bad() {
			found = seed
			t.Logf("seed %d finds it:\n%s", seed, s.report())
		}
	}
	if found == 0 {
		t.Errorf("%d seeds do not find it", plantedWithin)
	}
	for seed := uint64(1); seed <= plantedWithin; seed++ {
		if s := plays(t, o, seed, func(s *Sim) { code(s, false) }); s.bad() {
			t.Fatalf("without the bug:\n%s", s.report())
		}
	}
}

// A worker charges orders. When the customer logs out it gives up the charge that is under
// way, and charges that order again once he is back. Planted: without an idempotency key.
func TestDoubleChargeAfterRevokeIsFound(t *testing.T) {
	finds(t, Options{Limit: time.Hour}, func(s *Sim, planted bool) {
		srv := s.Server()
		p := s.Process("p", sessions.Config{Store: s.Store()})
		customer, err := p.Manager().Session("alice", sessions.Persistent(srv.Endpoint(), srv.Login("alice")))
		if err != nil {
			t.Fatal(err)
		}
		charged := map[int]int{}
		s.Always("no order is charged twice", func() error {
			for order, times := range charged {
				if times > 1 {
					return fmt.Errorf("order %d was charged %d times", order, times)
				}
			}
			return nil
		})

		var mu sync.Mutex
		logout := func() {}
		charge := func(ctx context.Context, order int) bool {
			if _, err := customer.AccessToken(ctx); err != nil {
				return false
			}
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			mu.Lock()
			logout = cancel
			mu.Unlock()
			_, err := Leaf(ctx, s, fmt.Sprintf("charge order %d", order), func() (int, error) {
				if planted || charged[order] == 0 {
					charged[order]++
				}
				return charged[order], nil
			})
			return err == nil
		}
		p.Go("worker", func(ctx context.Context) {
			for order := range 20 {
				for !charge(ctx, order) {
					time.Sleep(time.Second)
				}
			}
		})
		time.Sleep(time.Duration(s.Rand().IntN(1000)) * time.Millisecond)
		_ = customer.Revoke(s.Context())
		mu.Lock()
		logout()
		mu.Unlock()
		time.Sleep(time.Minute)
		_, _ = p.Manager().Session("alice", sessions.Persistent(srv.Endpoint(), srv.Login("alice")))
	})
}

// A cache that several processes share, and that a crash does not empty: who writes a
// record takes it out of the cache then. Planted: entries have no end.
func TestStaleCacheAfterCrashIsFound(t *testing.T) {
	finds(t, Options{Limit: time.Hour}, func(s *Sim, planted bool) {
		type entry struct {
			version int
			until   time.Time
		}
		srv := s.Server()
		kind := sessions.ClientCredentials(srv.Endpoint(), sessions.Subject{})
		record, changed := 0, time.Now()
		var cached *entry
		io := func(ctx context.Context, p *Process, what string, apply func()) bool {
			session, err := p.Manager().Session("service", kind)
			if err != nil {
				return false
			}
			if _, err := session.AccessToken(ctx); err != nil {
				return false
			}
			_, err = Leaf(ctx, s, what, func() (struct{}, error) { apply(); return struct{}{}, nil })
			return err == nil
		}

		writer, reader := s.Process("writer", sessions.Config{}), s.Process("reader", sessions.Config{})
		writer.Go("main", func(ctx context.Context) {
			for range 30 {
				if io(ctx, writer, "write", func() { record++; changed = time.Now() }) {
					io(ctx, writer, "uncache", func() { cached = nil })
				}
				time.Sleep(200 * time.Millisecond)
			}
		})
		reader.Go("main", func(ctx context.Context) {
			for range 600 {
				var got int
				io(ctx, reader, "read", func() {
					if cached == nil || !planted && !time.Now().Before(cached.until) {
						cached = &entry{record, time.Now().Add(time.Minute)}
					}
					got = cached.version
					if behind := time.Since(changed); got != record && behind > 2*time.Minute {
						s.Errorf("the reader gets version %d, and %d is there for %v", got, record, behind)
					}
				})
				time.Sleep(500 * time.Millisecond)
			}
		})
		time.Sleep(time.Duration(s.Rand().IntN(3000)) * time.Millisecond)
		writer.Crash()
	})
}

// A worker is woken when there are jobs. Planted: who wakes it while it is at work wakes
// nobody.
func TestLostWakeUpIsFound(t *testing.T) {
	finds(t, Options{Limit: time.Hour, Faults: Stormy}, func(s *Sim, planted bool) {
		srv := s.Server(TokenTTL(10*time.Minute), Grace(time.Hour))
		p := s.Process("p", sessions.Config{Store: s.Store()})
		kind := sessions.ClientCredentials(srv.Endpoint(), sessions.Subject{})
		wake := make(chan struct{}, 1)
		if planted {
			wake = make(chan struct{})
		}
		var mu sync.Mutex
		var jobs []int
		done := 0
		takes := func() []int {
			mu.Lock()
			defer mu.Unlock()
			taken := jobs
			jobs = nil
			return taken
		}
		s.Go("worker", func(ctx context.Context) {
			for {
				select {
				case <-ctx.Done():
					return
				case <-wake:
				}
				for range takes() {
					if session, err := p.Manager().Session("service", kind); err == nil {
						_, _ = session.AccessToken(ctx)
					}
					mu.Lock()
					done++
					mu.Unlock()
				}
			}
		})
		const all = 5
		for job := range all {
			time.Sleep(time.Duration(s.Rand().IntN(1000)) * time.Millisecond)
			mu.Lock()
			jobs = append(jobs, job)
			mu.Unlock()
			select {
			case wake <- struct{}{}:
			default:
			}
		}
		time.Sleep(10 * time.Minute)
		mu.Lock()
		defer mu.Unlock()
		if done != all {
			s.Errorf("%d of %d jobs are done, and nobody is at work", done, all)
		}
	})
}
