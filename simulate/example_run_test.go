package simulate_test

import (
	"context"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/simulate"
)

func testWhoHasLeftPaysNothing(t *testing.T) {
	simulate.Run(t, simulate.Options{Seeds: 300, Faults: simulate.Stormy}, func(s *simulate.Sim) {
		server := s.Server(simulate.Grace(time.Minute))
		alice := sessions.Persistent(server.Endpoint(), server.Login("alice"))
		shop := s.Process("shop", sessions.Config{Store: s.Store()})
		shop.Go("payments", func(ctx context.Context) { // begins anew after a crash
			purse, err := openPurse(shop.Manager(), alice)
			if err != nil {
				return
			}
			for range 20 {
				_ = purse.Pay(ctx)
				time.Sleep(7 * time.Minute)
			}
			if left := purse.Disconnect(ctx); purse.Pay(ctx) == nil {
				s.Errorf("alice has left (%v), and still pays", left)
			}
		})
	})
}

// A user's test of a purse of his own, which keeps tokens. There it is called
// TestWhoHasLeftPaysNothing.
func ExampleRun() {
	_ = testWhoHasLeftPaysNothing // go test plays it
}
