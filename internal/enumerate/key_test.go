package enumerate

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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

// sample goes through states of a world that differ in anything at all, level by level, some of
// each, and compares those of one key: two states with one key have one future, so the same can
// happen in both, and leads to states with one key again. It returns how many it has compared,
// and what is wrong.
type sample struct {
	world *World
	wide  int // states of each level that are looked at
	rng   *rand.Rand

	seen    map[uint64]bool     // states, by all that they are
	futures map[digest][]future // by key
	first   map[digest]*state   // by key
	shared  int                 // states whose key another has
	moves   []move
	scratch scratch
}

// future is one move, and the key of where it leads.
type future struct {
	move move
	next digest
	said string // what it breaks, or which family it ends
}

func newSample(w World, wide int) *sample {
	return &sample{
		world: w.ready(), wide: wide, rng: rand.New(rand.NewPCG(1, 2)),
		seen: map[uint64]bool{}, futures: map[digest][]future{}, first: map[digest]*state{},
	}
}

// run returns what is wrong; empty: nothing is.
func (m *sample) run() string {
	first := m.world.begin()
	for level := []candidate{{first, digestOf(first.key(nil))}}; len(level) > 0; {
		var next []candidate
		for _, c := range m.choose(level) {
			wrong := ""
			if next, wrong = m.look(c.state, next); wrong != "" {
				return wrong
			}
		}
		level = next
	}
	return ""
}

// candidate is a state that may be looked at.
type candidate struct {
	state *state
	key   digest
}

// choose returns some of those whose key another has, and some of the others.
func (m *sample) choose(level []candidate) []candidate {
	m.rng.Shuffle(len(level), func(i, j int) { level[i], level[j] = level[j], level[i] })
	var shared, others []candidate
	here := map[digest]bool{}
	for _, c := range level {
		if _, known := m.futures[c.key]; known || here[c.key] {
			shared = append(shared, c)
		} else {
			others = append(others, c)
		}
		here[c.key] = true
	}
	return append(others[:min(len(others), m.wide)], shared[:min(len(shared), m.wide)]...)
}

// look compares the future of a state with that of those with its key.
func (m *sample) look(s *state, next []candidate) ([]candidate, string) {
	key := s.key(nil)
	if wrong := m.lookServed(s, key); wrong != "" {
		return next, wrong
	}
	var its []future
	m.moves = s.moves(m.moves[:0])
	for _, move := range m.moves {
		n := s.next(&m.scratch)
		n.do(move)
		to := digestOf(n.key(nil))
		its = append(its, future{move, to, n.broken + n.family})
		if is := identity(n); !m.seen[is] {
			m.seen[is] = true
			next = append(next, candidate{n.kept(), to})
		}
	}
	first, known := m.futures[digestOf(key)]
	if !known {
		m.futures[digestOf(key)], m.first[digestOf(key)] = its, s
		return next, ""
	}
	m.shared++
	if !slices.Equal(first, its) {
		return next, m.differ(m.first[digestOf(key)], s)
	}
	return next, ""
}

// differ says in what the futures of two states differ.
func (m *sample) differ(a, b *state) string {
	of, its := a.moves(nil), b.moves(nil)
	if !slices.Equal(of, its) {
		return fmt.Sprintf("from\n%s\none goes %v\nand another %v", a.key(nil), of, its)
	}
	for _, move := range of {
		x := a.next(&scratch{})
		x.do(move)
		y := b.next(&scratch{})
		y.do(move)
		if x.broken+x.family != y.broken+y.family {
			return fmt.Sprintf("from\n%s\n%v says %q in one and %q in another", a.key(nil), move, x.broken+x.family, y.broken+y.family)
		}
		if x, y := x.key(nil), y.key(nil); !bytes.Equal(x, y) {
			return fmt.Sprintf("from\n%s\none comes by %v to another than the other:\n%s", a.key(nil), move, cmp.Diff(string(x), string(y)))
		}
	}
	return "they do not"
}

// lookServed has a caller ask who is served without the session having anything to do: all is
// as before.
func (m *sample) lookServed(s *state, key []byte) string {
	for i, p := range s.procs {
		if p.mode != running || s.cut || s.broken != "" || p.due(s.time()) || !s.served(p) {
			continue
		}
		n := s.next(&m.scratch)
		n.do(move{kind: askGet, proc: i})
		if its := n.key(nil); !bytes.Equal(key, its) {
			return fmt.Sprintf("somebody is served by %s, and\n%s\nbecomes\n%s", processNames[i], key, its)
		}
	}
	return ""
}

// identity tells states apart by everything that is in them, but for how callers are numbered.
func identity(s *state) uint64 {
	var h maphash.Hash
	h.SetSeed(seeds[0])
	dump(&h, reflect.ValueOf(*s))
	return h.Sum64()
}

var apart = []reflect.Type{
	reflect.TypeFor[*World](), reflect.TypeFor[*scratch](), reflect.TypeFor[*teller](), reflect.TypeFor[ownership](),
	reflect.TypeFor[*machine.Settings](), reflect.TypeFor[*machine.Rules](), reflect.TypeFor[*time.Location](),
	reflect.TypeFor[machine.Caller](),
}

func dump(h *maphash.Hash, v reflect.Value) {
	if !v.IsValid() || slices.Contains(apart, v.Type()) {
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			_ = h.WriteByte(0)
			return
		}
		_, _ = h.WriteString(v.Elem().Type().String())
		dump(h, v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			dump(h, v.Field(i))
		}
	case reflect.Slice, reflect.Array:
		maphash.WriteComparable(h, v.Len())
		for i := range v.Len() {
			dump(h, v.Index(i))
		}
	case reflect.String:
		_, _ = h.WriteString(v.String())
		_ = h.WriteByte(0)
	case reflect.Map:
		if v.Len() > 0 {
			panic("BUG: a map in a state")
		}
	case reflect.Bool:
		maphash.WriteComparable(h, v.Bool())
	default:
		if v.CanInt() {
			maphash.WriteComparable(h, v.Int())
			return
		}
		maphash.WriteComparable(h, v.Uint())
	}
}

// worldsOfTheKey are worlds in which much happens, one after another.
func worldsOfTheKey() []World {
	w := small()
	calls := w
	calls.Name, calls.budget.faults = "asks", 0
	faults := w
	faults.Name, faults.budget.rejects, faults.budget.revokes = "faults", 0, 0
	again := clientCredentials()
	down := storeDown()
	return []World{
		w, calls, faults, again, down, loginAgainstRenewal(), rotatingGrace(), renewalRevokes(), revokeCrash(),
		loginAgainstRevokes(),
	}
}

func TestStatesOfOneKeyHaveOneFuture(t *testing.T) {
	for _, w := range worldsOfTheKey() {
		t.Run(w.Name, func(t *testing.T) {
			m := newSample(w, wide)
			if wrong := m.run(); wrong != "" {
				t.Fatal(wrong)
			}
			t.Logf("%d states, %d keys, %d states of a key that another has", len(m.seen), len(m.futures), m.shared)
			if m.shared < 2*wide {
				t.Errorf("only %d states have a key that another has", m.shared)
			}
		})
	}
}

// A part of the key that is left out is missed: there are states then that have one key and not
// one future, and the comparison above finds them. Most other parts can be told from the rest of the
// key, in the worlds that there are.
func TestPartOfTheKeyIsMissedWhereItIsLeftOut(t *testing.T) {
	skipRacing(t)
	worlds := map[string]World{}
	for _, w := range worldsOfTheKey() {
		worlds[w.Name] = w
	}
	for part, in := range map[string]string{
		"told": "asks", "process": "faults", "flight": "faults", "conflict": "small", "ended": "small", "rev": "small",
		"down": "store-down", "left": "store-down", "until": "revoke-crash",
	} {
		t.Run(part, func(t *testing.T) {
			w := worlds[in]
			w.without = part
			if newSample(w, wide).run() == "" {
				t.Errorf("without %q all is as before", part)
			}
		})
	}
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
		"a caller whose Revoke is about more": func(s *state) {
			s.proc(1).callers = append(s.proc(1).callers, caller{what: wantsRevoke, about: 1})
		},
		"a revocation that B knows of": func(s *state) { s.proc(1).barred = 1 },
		"a login that A was told of":   func(s *state) { s.serverToChange().pairs[0].by = 0 },
		"a family that was replaced":   func(s *state) { s.storeToChange().given = 1 },
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
