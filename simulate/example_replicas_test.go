package simulate_test

import (
	"context"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/simulate"
)

// Two replicas share the login of a tenant by a store, and with it a refresh token that can be
// used once. One of them is killed and comes back; the other one's host is slow to run it.
func TestReplicasShareATenant(t *testing.T) {
	simulate.Run(t, simulate.Options{Seeds: 20, Twice: true}, func(s *simulate.Sim) {
		server, store := s.Server(simulate.TokenTTL(time.Hour)), s.Store()
		tenant := sessions.Persistent(server.Endpoint(), server.Login("tenant-1"))
		var replicas []*simulate.Process
		for _, name := range []string{"a", "b"} {
			p := s.Process(name, sessions.Config{Store: store})
			p.Go("worker", func(ctx context.Context) { calls(ctx, s, server, p, tenant) })
			replicas = append(replicas, p)
		}
		s.At(5*time.Hour, replicas[0].Crash)
		s.At(6*time.Hour, replicas[0].Restart)
		s.At(7*time.Hour, func() { replicas[1].Pause(time.Minute) })

		s.Always("no two refreshes at once", server.NoConcurrentRefresh)
		s.Always("no refresh token twice", server.NoReuse)
	})
}

// calls is a day of a replica: it asks for a token every quarter of an hour.
func calls(ctx context.Context, s *simulate.Sim, server *simulate.Server, p *simulate.Process, tenant sessions.Kind) {
	session, err := p.Manager().Session("tenant-1", tenant)
	if err != nil {
		s.Errorf("%v", err)
		return
	}
	for range 90 {
		token, err := session.AccessToken(ctx)
		if err == nil {
			err = server.Valid(token) // as the API would look at it
		}
		if err != nil {
			s.Errorf("%v", err)
		}
		time.Sleep(15 * time.Minute)
	}
}
