package boltstore

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestKeysOfManyTransactionsAreListedOnce(t *testing.T) {
	s, w := opens(t)
	var want []string
	var batch []*write
	for n := range 2*page + 1 {
		want = append(want, fmt.Sprintf("k-%04d", n))
		batch = append(batch, first(want[n]))
	}
	w.make(batch)
	for _, some := range []int{0, page - 1, page, 2 * page, 2*page + 1} {
		var got []string
		for k, err := range s.Keys(t.Context(), time.Time{}) {
			if err != nil {
				t.Fatal(err)
			}
			if got = append(got, k); len(got) == some {
				break
			}
		}
		if some == 0 { // all of them
			some = len(want)
		}
		if diff := cmp.Diff(want[:some], got); diff != "" {
			t.Errorf("keys (-want +got):\n%s", diff)
		}
	}
}
