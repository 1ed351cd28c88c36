package simulate_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/simulate"
)

func TestTwoReplicasShareATenant(t *testing.T) {
	simulate.Run(t, simulate.Options{Seeds: 20, Limit: 24 * time.Hour, Faults: simulate.Stormy, Twice: true}, func(s *simulate.Sim) {
		srv, store := s.Server(simulate.TokenTTL(time.Hour)), s.Store()
		kind := sessions.ClientCredentials(srv.Endpoint(), sessions.Subject{})
		for _, name := range []string{"a", "b"} {
			p := s.Process(name, sessions.Config{Store: store})
			p.Go("worker", func(ctx context.Context) {
				for range 100 {
					session, err := p.Manager().Session("tenant-1", kind)
					if err != nil {
						return
					}
					at, err := session.AccessToken(ctx)
					if err == nil && srv.Valid(at) != nil {
						s.Errorf("%s: a dead token: %v", name, srv.Valid(at))
					}
					time.Sleep(14 * time.Minute)
				}
			})
		}
	})
}

func TestServersOfARunTellTheirTokensApart(t *testing.T) {
	simulate.Run(t, simulate.Options{Seeds: 1}, func(s *simulate.Sim) {
		one, other := s.Server(), s.Server()
		at := one.Login("alice").Access.Reveal()
		if err := other.Valid(at); !errors.Is(err, simulate.ErrTokenUnknown) {
			s.Errorf("the other server says %v", err)
		}
		if one.Endpoint().TokenURL == other.Endpoint().TokenURL {
			s.Errorf("both are at %s", one.Endpoint().TokenURL)
		}
	})
}
