package actor

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

func TestRegisterIsAMap(t *testing.T) {
	r, want := newRegister(), map[string]*Session{}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		s := &Session{key: fmt.Sprint(random.IntN(1_000))} // the empty key is one of them
		if s.key == "0" {
			s.key = ""
		}
		is, ok := r.find(s.key)
		if is != want[s.key] || ok != (is != nil) {
			t.Fatalf("%q was found %t", s.key, ok)
		}
		switch first := want[s.key]; {
		case first == nil:
			r.remove(s)
			if r.add(s) != s {
				t.Fatalf("%q was there", s.key)
			}
			want[s.key] = s
		case random.IntN(3) > 0:
			r.remove(s) // another of the same key
			if r.add(s) != first {
				t.Fatalf("%q has taken a place that was taken", s.key)
			}
		default:
			r.remove(first)
			delete(want, s.key)
		}
	}
	all := map[string]*Session{}
	for s := range r.all() {
		all[s.key] = s
	}
	if !maps.Equal(want, all) {
		t.Errorf("there are %d sessions, want %d", len(all), len(want))
	}
	for range r.all() {
		break // and nobody calls what has returned
	}
}

func TestRegisterGivesPlacesBack(t *testing.T) {
	r, s := newRegister(), &Session{key: "k"}
	table, moves := (*places)(nil), 0
	for range 1_000 {
		r.add(s)
		r.remove(s)
		if now := r.part(r.hash(s.key)).places.Load(); now != table {
			table, moves = now, moves+1
		}
	}
	if n := len(*table); n != fewest || moves > 1_000/(fewest/2) {
		t.Errorf("one session has %d places, after %d moves", n, moves)
	}
	for i := range 10_000 {
		r.add(&Session{key: fmt.Sprint(i)})
	}
	for _, s := range slices.Collect(r.all()) {
		r.remove(s)
	}
	for i := range 20_000 {
		s := &Session{key: fmt.Sprint("later", i)}
		r.add(s)
		r.remove(s)
	}
	if n := r.places(); n > len(r.parts)*fewest {
		t.Errorf("no session has %d places", n)
	}
}

// places is how many there are.
func (r *register) places() (n int) {
	for i := range r.parts {
		n += len(*r.parts[i].places.Load())
	}
	return n
}

// What stays is always found, and what goes is not found again, while others come and go
// and the tables move.
func TestRegisterFindsWhatIsThereMeanwhile(t *testing.T) {
	r, stays := newRegister(), &Session{key: "stays"}
	r.add(stays)
	var done atomic.Bool
	var looking, others sync.WaitGroup
	looking.Go(func() {
		for !done.Load() {
			if s, _ := r.find(stays.key); s != stays {
				t.Error("what stays was not found")
				return
			}
		}
	})
	for n := range 4 {
		others.Go(func() {
			for _, s := range r.neighbours(stays, fmt.Sprint(n), 500) {
				if r.add(s) != s || r.add(&Session{key: stays.key}) != stays {
					t.Errorf("%q has not come", s.key)
				}
				if len(s.key)%2 == 0 {
					continue
				}
				r.remove(s)
				if _, ok := r.find(s.key); ok {
					t.Errorf("%q was found after it had gone", s.key)
				}
			}
		})
	}
	others.Wait()
	done.Store(true)
	looking.Wait()
}

// neighbours makes n sessions that share a part of the register with s.
func (r *register) neighbours(s *Session, prefix string, n int) (all []*Session) {
	for i := 0; len(all) < n; i++ {
		key := fmt.Sprint(prefix, "/", i)
		if r.part(r.hash(key)) == r.part(r.hash(s.key)) {
			all = append(all, &Session{key: key})
		}
	}
	return all
}

// One of those who come at once with a key is first, and all learn who.
func TestRegisterHasOneSessionOfAKey(t *testing.T) {
	r := newRegister()
	var firsts [8][200]*Session
	var all sync.WaitGroup
	for n := range firsts {
		all.Go(func() {
			for i := range firsts[n] {
				firsts[n][i] = r.add(&Session{key: fmt.Sprint(i)})
			}
		})
	}
	all.Wait()
	for n := range firsts {
		if firsts[n] != firsts[0] {
			t.Errorf("%d was told of others than 0", n)
		}
	}
}
