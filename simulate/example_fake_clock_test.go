package simulate_test

import (
	"context"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/simulate"
)

// This test once had a clock made by hand, of which docs/simulating.md tells. In a run the
// clock is package time: report needs no other, and nobody waits for goroutines, since time
// passes when all of them wait.
func TestReportIsSentEachHour(t *testing.T) {
	simulate.Run(t, simulate.Options{Seeds: 1, Limit: 25 * time.Hour}, func(s *simulate.Sim) {
		server := s.Server(simulate.TokenTTL(40 * time.Minute))
		p := s.Process("reports", sessions.Config{})
		session, err := p.Manager().Session("reports", sessions.Anonymous(server.Endpoint()))
		if err != nil {
			s.Errorf("%v", err)
			return
		}
		ctx, cancel := context.WithTimeout(s.Context(), 24*time.Hour+time.Minute)
		defer cancel()
		sent := 0
		report(ctx, session, func(token string) {
			sent++
			if err := server.Valid(token); err != nil {
				s.Errorf("%v", err)
			}
		})
		if sent != 24 {
			s.Errorf("%d reports in a day", sent)
		}
	})
}

// report is what is tested.
func report(ctx context.Context, session *sessions.Session, send func(token string)) {
	for ticks := time.Tick(time.Hour); ; {
		select {
		case <-ticks:
			if token, err := session.AccessToken(ctx); err == nil {
				send(token)
			}
		case <-ctx.Done():
			return
		}
	}
}
