package simcore

import (
	"math/rand/v2"
	"time"
)

// Plan draws the script of a seed.
type Plan func(seed uint64, allowed Weather, s *Script)

// Storm is two processes with two sessions, 200 requests and anything that may go wrong.
func Storm(seed uint64, allowed Weather, s *Script) {
	d := newDrawer(seed, s)
	d.house(2)
	d.weather(allowed)
	d.events(200)
}

func newDrawer(seed uint64, s *Script) *drawer {
	events := s.Events
	*s = Script{Ties: seed, Faults: seed ^ 0xfa017, Events: events}
	return &drawer{rng: rand.New(rand.NewPCG(seed, 0x5eed)), script: s}
}

// house draws of what a world is made.
func (d *drawer) house(processes int) {
	rng := d.rng
	names := KindNames()
	d.script.Terms = Terms{
		Processes:   processes,
		Kinds:       []string{oneOf(rng, names...), oneOf(rng, "persistent", "persistent", "persistent_reuse_grace", "authorization", "client_credentials")},
		Life:        oneOf(rng, 20*time.Second, time.Minute, 10*time.Minute, 10*time.Minute, time.Hour),
		Shared:      true,
		Durable:     true,
		Claims:      true,
		Strict:      rng.IntN(4) != 0,
		Keeps:       rng.IntN(8) == 0,
		OneLogin:    rng.IntN(2) == 0,
		NoAccess:    rng.IntN(4) == 0,
		Limit:       oneOf(rng, 0, 0, 5),
		Revokes:     rng.IntN(3) == 0,
		Logins:      rng.IntN(3) != 0,
		Stops:       rng.IntN(4) == 0,
		HoldAtMost:  oneOf(rng, 0, 0, 0, 1, 3),
		Retries:     oneOf(rng, 0, 0, 1, -1),
		InFlight:    oneOf(rng, 0, 0, 1, 2),
		Rate:        oneOf[float64](rng, 0, 0, 1, 20),
		HoldFor:     oneOf(rng, 0, 0, 5*time.Second),
		CoolDownMax: oneOf(rng, 0, 0, time.Second),
		IdleAfter:   oneOf(rng, 5*time.Minute, time.Hour, time.Hour),
	}
	t := &d.script.Terms
	t.MaxUnwatched = pick(d.script.Faults, 0, 15*time.Second, time.Minute)
	t.Tombstones = pick(d.script.Faults/3, 0, 0, 30*time.Second, 7*time.Minute)
	t.RefreshLife = oneOf(rng, 0, 0, 0, t.Life/2, 2*t.Life, 10*t.Life)
	if t.Kinds[0] == "persistent_reuse_grace" || t.Kinds[1] == "persistent_reuse_grace" {
		t.Grace = oneOf(rng, 15*time.Second, 30*time.Second, time.Minute, 5*time.Minute)
	}
}
