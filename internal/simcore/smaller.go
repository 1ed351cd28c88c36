package simcore

import (
	"reflect"
	"slices"
	"time"
)

// few is with how many seeds at most a candidate is played that has no less in it.
const few = 4

// end leaves out what comes after the promise was broken.
func (k *shrinker) end() {
	c := k.best
	n := slices.IndexFunc(c.Events, func(e Event) bool { return e.At > k.broken.At })
	if n >= 0 {
		c.Events = c.Events[:n:n]
		k.takes(c)
	}
	for _, lasts := range []time.Duration{0, k.broken.At.Truncate(time.Second)} {
		if c = k.best; lasts < c.Lasts {
			c.Lasts = lasts
			k.takes(c)
		}
	}
}

// sessions leaves out one after another. Those behind it move up.
func (k *shrinker) sessions() {
	for i := len(k.best.Terms.Kinds) - 1; i >= 0 && len(k.best.Terms.Kinds) > 1; i-- {
		c := k.best
		c.Terms.Kinds = without(c.Terms.Kinds, i, i+1)
		c.Events = lessOne(c.Events, i, func(e *Event) *int { return &e.Session })
		k.takes(c)
	}
}

// processes leaves out one after another.
func (k *shrinker) processes() {
	for i := k.best.Terms.Processes - 1; i >= 0 && k.best.Terms.Processes > 1; i-- {
		c := k.best
		c.Terms.Processes--
		c.Events = lessOne(c.Events, i, func(e *Event) *int { return &e.Process })
		k.takes(c)
	}
}

// lessOne are the events without those for one process or session.
func lessOne(events []Event, i int, of func(*Event) *int) []Event {
	var left []Event
	for _, e := range events {
		n := of(&e)
		if *n == i {
			continue
		}
		if *n > i {
			*n--
		}
		left = append(left, e)
	}
	return left
}

// weather lets the faults stop, all at once or one after another.
func (k *shrinker) weather() {
	if k.best.Weather == (Weather{}) {
		return
	}
	c := k.best
	c.Weather = Weather{}
	if k.takes(c) {
		return
	}
	for f := range k.best.Weather {
		if c = k.best; c.Weather[f] > 0 {
			c.Weather[f] = 0
			k.takes(c)
		}
	}
	for f, rate := range k.best.Weather { // one that strikes often may do for all
		c.Weather = Weather{}
		if c.Weather[f] = max(rate, 200); rate > 0 && k.best.Weather != c.Weather && k.takes(c) {
			return
		}
	}
}

// terms gives up what is special about the world.
func (k *shrinker) terms() {
	for _, plain := range []func(*Terms){
		func(t *Terms) { t.RefreshLife = 0 },
		func(t *Terms) { t.Shared, t.Durable, t.Claims, t.Strict = true, true, true, true },
		func(t *Terms) { t.Claims = true },
		func(t *Terms) { t.Strict = true },
		func(t *Terms) { t.Keeps = false },
		func(t *Terms) { t.OneLogin = false },
		func(t *Terms) { t.NoAccess = false },
		func(t *Terms) { t.Grace = 0 },
		func(t *Terms) { t.Limit = 0 },
		func(t *Terms) { t.HoldAtMost = 0 },
		func(t *Terms) { t.Retries = 0 },
		func(t *Terms) { t.InFlight = 0 },
		func(t *Terms) { t.Rate = 0 },
		func(t *Terms) { t.HoldFor = 0 },
		func(t *Terms) { t.CoolDownMax = 0 },
		func(t *Terms) { t.IdleAfter = 0 },
		func(t *Terms) { t.MaxUnwatched = 0 },
		func(t *Terms) { t.Tombstones = 0 },
	} {
		c := k.best
		if plain(&c.Terms); !reflect.DeepEqual(c.Terms, k.best.Terms) {
			k.takesWith(c, min(k.seeds, few))
		}
	}
}

// gaps has the events follow each other sooner.
func (k *shrinker) gaps() {
	for i := range k.best.Events {
		was := k.best.Events[i].At
		if i > 0 {
			was -= k.best.Events[i-1].At
		}
		for _, gap := range []time.Duration{
			0, 100 * time.Millisecond, time.Second, 10 * time.Second, time.Minute, 10 * time.Minute, time.Hour,
			was.Truncate(time.Minute), was.Truncate(time.Second),
		} {
			if gap >= was {
				continue
			}
			c := k.best
			c.Events = slices.Clone(c.Events)
			for j := range c.Events[i:] {
				c.Events[i+j].At -= was - gap
			}
			if k.takesWith(c, min(k.seeds, few)) {
				break
			}
		}
	}
}

// ease makes what is wanted simpler, event by event.
func (k *shrinker) ease() {
	for i := range k.best.Events {
		for _, simpler := range []func(*Event){
			func(e *Event) { e.Aim, e.Offset = NoAim, 0 },
			func(e *Event) { e.Offset = 0 },
			func(e *Event) { e.N = 0 },
			func(e *Event) { e.Process = 0 },
			func(e *Event) { e.Session = 0 },
			func(e *Event) { e.Request = Get },
			func(e *Event) { e.Request = min(e.Request, Refresh) },
		} {
			e := k.best.Events[i]
			if simpler(&e); e == k.best.Events[i] {
				continue
			}
			c := k.best
			c.Events = slices.Clone(c.Events)
			c.Events[i] = e
			k.takesWith(c, min(k.seeds, few))
		}
	}
}
