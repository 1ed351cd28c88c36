package enumerate

import (
	"bytes"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// small is a world in which much happens within few moves.
func small() World {
	w := strict(nil, beLate, beUnheard, fail, twice, readBehind, crash, pause)
	w.Name = "small"
	w.budget.revokes, w.revokers = 1, 3
	w.budget.rejects = 1
	return w
}

// Two states with one key have one future: the same can happen in both, and leads to
// states with one key again. Every twentieth state that is reached a second time is compared
// with the one that was there first.
func TestStatesOfOneKeyHaveOneFuture(t *testing.T) {
	begin := small().ready().begin()
	first := map[string]*state{string(begin.key(nil)): begin}
	again := 0
	for level := []*state{begin}; len(first) < volume; {
		var next []*state
		for _, s := range level {
			for _, m := range s.moves(nil) {
				n := s.next(&scratch{})
				n.do(m)
				key := string(n.key(nil))
				if twin := first[key]; twin == nil {
					first[key] = n.kept()
					next = append(next, first[key])
				} else if again++; again%20 == 0 {
					checkTwins(t, twin, n.kept())
				}
			}
		}
		level = next
	}
	if again < volume {
		t.Errorf("only %d states were reached a second time", again)
	}
}

func checkTwins(t *testing.T, a, b *state) {
	t.Helper()
	of, its := a.moves(nil), b.moves(nil)
	if len(of) != len(its) {
		t.Fatalf("%v can happen in one and %v in the other:\n%s", of, its, a.key(nil))
	}
	for i, m := range of {
		next, its := afterMove(a, m), afterMove(b, its[i])
		if !bytes.Equal(next, its) {
			t.Fatalf("%v leads to\n%s\nand to\n%s\nfrom\n%s", m, next, its, a.key(nil))
		}
	}
}

func afterMove(s *state, m move) []byte {
	n := s.next(&scratch{})
	n.do(m)
	return n.key(nil)
}

// What matters is in the key: each of these changes what can happen, or what is checked.
func TestStatesThatDifferHaveOtherKeys(t *testing.T) {
	changes := map[string]func(*state){
		"a fault less":                    func(s *state) { s.left.faults-- },
		"a Revoke less":                   func(s *state) { s.left.revokes-- },
		"an excuse":                       func(s *state) { s.excuses |= pausedOwner },
		"a Revoke that was confirmed":     func(s *state) { s.ended = 1 },
		"the store is down":               func(s *state) { s.storeToChange().down = true },
		"another record":                  func(s *state) { s.storeToChange().record.Generation++ },
		"another's claim":                 func(s *state) { s.storeToChange().record.Claim = messages.Claim{Owner: "B1", Number: 1} },
		"a tombstone":                     func(s *state) { s.storeToChange().record.Status = messages.Revoking },
		"a revision that B has not seen":  func(s *state) { s.storeToChange().rev++ },
		"a token that is spent":           func(s *state) { s.serverToChange().pairs[0].spent = true },
		"a token that may be spent":       func(s *state) { s.serverToChange().pairs[0].unsure = true },
		"an access token that has ended":  func(s *state) { s.serverToChange().pairs[0].dead = true },
		"a family that has ended":         func(s *state) { s.serverToChange().over = 1 },
		"a process that stands still":     func(s *state) { s.proc(0).mode = paused },
		"a process that has started anew": func(s *state) { s.proc(0).life++ },
		"a token that was rejected":       func(s *state) { s.proc(0).rejected = 2 },
		"nothing is published":            func(s *state) { s.proc(0).published = false },
		"a caller who has waited":         func(s *state) { s.proc(1).callers = append(s.proc(1).callers, caller{what: wantsRevoke}) },
		"a leaf on its way": func(s *state) {
			s.proc(0).flights = append(s.proc(0).flights, flight{effect: machine.Mint{Refresh: "r1"}, life: 1})
		},
		"a session that has been asked": func(s *state) {
			s.proc(1).session, _ = s.proc(1).session.Clone().Step(s.time(), machine.Ask{Caller: 9, Ask: messages.Refresh{}})
		},
		"time": func(s *state) { s.now += 10 * time.Second },
	}
	w := small()
	begin := w.ready().begin()
	seen := map[string]string{string(begin.key(nil)): "nothing"}
	for name, change := range changes {
		n := begin.next(&scratch{})
		change(n)
		key := string(n.key(nil))
		if other, known := seen[key]; known {
			t.Errorf("%s and %s have one key", name, other)
		}
		seen[key] = name
	}
}
