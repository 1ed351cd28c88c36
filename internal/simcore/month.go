package simcore

import "time"

// Month is a thousand sessions with tokens of an hour that are kept alive for 30 days, in
// one process over a durable store, and nothing goes wrong. Each is asked once.
func Month(seed uint64, _ Weather, s *Script) {
	*s = Script{
		Ties: seed, Faults: seed,
		Terms: Terms{
			Processes: 1, Kinds: make([]string, 1000), Life: time.Hour,
			Durable: true, Claims: true, Strict: true, IdleAfter: 24 * time.Hour,
		},
		Lasts: 30 * 24 * time.Hour,
	}
	for i := range s.Terms.Kinds {
		s.Terms.Kinds[i] = "keep_alive_persistent"
		s.Events = append(s.Events, Event{Session: i, Request: Get})
	}
}
