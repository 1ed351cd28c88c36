package simcore

import "time"

// Calm is the world of a Storm in which nothing goes wrong, whatever the weather allows.
func Calm(seed uint64, _ Weather, s *Script) {
	d := newDrawer(seed, s)
	d.house(2)
	d.events(200)
}

// Processes is a Storm of two or three processes of which each seed is played by a store
// that keeps claims, and by one that forgets them: what the claim protects is protected
// by other layers too, and they are seen without it.
func Processes(seed uint64, allowed Weather, s *Script) {
	d := newDrawer(seed/2, s)
	d.house(2 + d.rng.IntN(2))
	d.script.Terms.Claims = seed%2 == 0
	d.weather(allowed)
	d.events(200)
}

// Kinds is a Storm of each kind of session after the other, of two sessions of it.
func Kinds(seed uint64, allowed Weather, s *Script) {
	d := newDrawer(seed, s)
	d.house(1 + d.rng.IntN(2))
	t := &d.script.Terms
	name := kinds[seed%uint64(len(kinds))].name
	t.Kinds[0], t.Kinds[1] = name, name
	if name == "persistent_reuse_grace" && t.Grace == 0 {
		t.Grace = 30 * time.Second
	}
	d.weather(allowed)
	d.events(200)
}
