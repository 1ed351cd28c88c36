package simulate_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/simulate"
)

// A worker collects twelve instalments, one every ten minutes; one that brings no answer is sent
// again. Support revokes the grant from another process. Three minutes later, which is enough for a
// worker that stands still and a slow request, nothing may be collected any more.
func TestNothingIsCollectedAfterARevocation(t *testing.T) {
	simulate.Run(t, simulate.Options{Seeds: 200, Faults: simulate.Stormy}, func(s *simulate.Sim) {
		server, store := s.Server(simulate.Grace(time.Minute)), s.Store()
		grant := sessions.Persistent(server.Endpoint(), server.Login("customer"))
		var revoked atomic.Pointer[time.Time] // nil: not yet

		worker := s.Process("worker", sessions.Config{Store: store})
		worker.Go("collects", func(ctx context.Context) {
			session, err := worker.Manager().Session("customer", grant)
			for n := 1; n <= 12 && !errors.Is(err, sessions.ErrRevoked); time.Sleep(10 * time.Minute) {
				if _, err = session.AccessToken(ctx); err != nil { // anew for each instalment
					continue
				}
				_, err = simulate.Leaf(ctx, s, "charge", func() (int, error) { // at the bank
					if at := revoked.Load(); at != nil && time.Since(*at) > 3*time.Minute {
						s.Errorf("instalment %d is collected %s after the revocation", n, time.Since(*at))
					}
					return n, nil
				})
				if err == nil {
					n++
				}
			}
		})

		support := s.Process("support", sessions.Config{Store: store})
		support.Go("revokes", func(ctx context.Context) {
			time.Sleep(time.Hour)
			session, err := support.Manager().Session("customer", grant)
			if err == nil && session.Revoke(ctx) == nil {
				now := time.Now()
				revoked.Store(&now)
			}
		})
	})
}
