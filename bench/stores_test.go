package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEachTurnIsAnothersToBegin(t *testing.T) {
	var order []string
	player := func(name string) side {
		n := 0.0
		return side{name, func(context.Context) ([]reading, error) {
			order = append(order, name)
			n++
			return readings(n, 10*n), nil
		}}
	}
	got, err := alternate(t.Context(), 3, []side{player("a"), player("b")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("a b b a a b", strings.Join(order, " ")); diff != "" {
		t.Errorf("the turns (-want +got):\n%s", diff)
	}
	want := map[string][]reading{"a": readings(2, 20), "b": readings(2, 20)}
	for name, columns := range got {
		if diff := cmp.Diff(want[name], medians(columns), cmp.AllowUnexported(reading{})); diff != "" {
			t.Errorf("the medians of %s (-want +got):\n%s", name, diff)
		}
	}
}

func TestOneWhoFailsInHisTurnIsNamed(t *testing.T) {
	_, err := alternate(t.Context(), 1, []side{{"redisstore", func(context.Context) ([]reading, error) { return nil, noToken }}})
	if err == nil || err.Error() != "redisstore: "+noToken.Error() {
		t.Error(err)
	}
}

func TestAgainCountsTheCallsThatWereMade(t *testing.T) {
	made := make([]int64, 3)
	calls, took, err := again(3, time.Millisecond, func(i int) error {
		made[i]++
		return nil
	})
	if sum := made[0] + made[1] + made[2]; err != nil || calls != sum || took < time.Millisecond {
		t.Errorf("%d calls in %v, made were %d, %v", calls, took, sum, err)
	}
	if _, _, err := again(2, time.Hour, func(int) error { return noToken }); !errors.Is(err, noToken) {
		t.Errorf("who is told an error goes on: %v", err)
	}
}

// A store that nobody shares and that nothing survives is not told of a claim.
func TestARenewalWritesItsClaimAndItsToken(t *testing.T) {
	eachPlace(t, func(t *testing.T, one *stand) {
		r, err := one.newRenewing(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.measure(t.Context(), 3)
		if err != nil {
			t.Fatal(err)
		}
		want := 2.0
		if one.name == memoryStore {
			want = 1
		}
		if got[0].value != want {
			t.Errorf("%v Swaps a renewal, want %v", got[0].value, want)
		}
	})
}

func TestTheOtherProcessLearnsOfEachWriteOnce(t *testing.T) {
	eachPlace(t, func(t *testing.T, one *stand) {
		if one.alone != "" {
			t.Skip(one.alone)
		}
		managers, err := one.newManagers(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		byHand, err := one.newTold(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for name, p := range map[string]pair{one.name: managers, one.tells: byHand} {
			for range 3 {
				if p.knows(t.Context()) {
					t.Errorf("%s: the other process knows of a write that was not made", name)
				}
				if took, err := p.once(t.Context()); err != nil || took <= 0 {
					t.Errorf("%s: after %v, %v", name, took, err)
				}
			}
		}
	})
}

func TestEveryStoreHasItsGoals(t *testing.T) {
	all := map[string]int{}
	for _, g := range storeGoals() {
		name, _, _ := strings.Cut(g.what, ":")
		all[name]++
	}
	want := map[string]int{memoryStore: 1, "boltstore": 6, "natsstore": 7, "redisstore": 7, "pgstore": 7}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Errorf("goals by store (-want +got):\n%s", diff)
	}
}

func TestTheContestsOfStoresAreTaken(t *testing.T) {
	for _, c := range []contest{storing(settings{quick: true}, 2), hotOver(settings{quick: true}), writing(settings{quick: true})} {
		o, err := c.run(t.Context(), "stores", 1, quiet)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range o.entrants {
			if s := fmt.Sprint(o.figures[e.name]); (e.cannot == "") == (len(o.figures[e.name]) == 0) {
				t.Errorf("%s: %s has %s, and cannot because %q", c.name, e.name, s, e.cannot)
			}
		}
	}
}
