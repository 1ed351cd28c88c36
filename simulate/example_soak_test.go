package simulate_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/simulate"
)

// A soak is a test like others, which plays a few seeds with every push, and in the night as
// many as -simulate.seeds says:
//
//	go test -run '^TestSoak$' -timeout 1h . -simulate.seeds=5000
func TestSoak(t *testing.T) {
	simulate.Run(t, simulate.Options{Seeds: 10, Faults: simulate.Stormy}, func(s *simulate.Sim) {
		server, store := s.Server(simulate.TokenTTL(time.Hour), simulate.Grace(time.Minute)), s.Store()
		tenants := map[string]sessions.Kind{}
		for n := range 4 {
			tenant := fmt.Sprintf("tenant-%d", n)
			tenants[tenant] = sessions.Persistent(server.Endpoint(), server.Login(tenant))
		}
		for _, name := range []string{"a", "b", "c"} {
			p := s.Process(name, sessions.Config{Store: store})
			for _, tenant := range slices.Sorted(maps.Keys(tenants)) { // the order of a map differs each time
				p.Go(tenant, func(ctx context.Context) {
					session, err := p.Manager().Session(tenant, tenants[tenant])
					if err != nil {
						return // the process has crashed
					}
					for range 50 {
						token, err := session.AccessToken(ctx)
						if err == nil && server.Valid(token) != nil {
							s.Errorf("%s in %s: %v", tenant, name, server.Valid(token))
						}
						time.Sleep(time.Duration(13*60+s.Rand().IntN(240)) * time.Second)
					}
				})
			}
		}
	})
}
