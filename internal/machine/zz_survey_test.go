package machine

import (
	"fmt"
	"os"
	"regexp"
	"sort"
	"strconv"
	"sync/atomic"
	"testing"
	"time"
)

func TestZZSurvey(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("SURVEY"))
	if n == 0 {
		t.Skip()
	}
	from, _ := strconv.Atoi(os.Getenv("FROM"))
	re := regexp.MustCompile(`[0-9.]+(ms|s|m|h|µs)*`)
	type c struct {
		n     int
		seed  uint64
		steps int
		text  string
	}
	m := map[string]*c{}
	tl := promiseTally{}
	var cur atomic.Uint64
	go func() {
		last := uint64(0)
		for {
			time.Sleep(3 * time.Second)
			if c := cur.Load(); c == last {
				fmt.Println("HANG", c)
				os.Exit(3)
			} else {
				last = c
			}
		}
	}()
	for seed := uint64(1 + from); seed <= uint64(from+n); seed++ {
		cur.Store(seed)
		w := newPromiseWorld(seed, &tl)
		w.play()
		if w.broken == "" {
			continue
		}
		k := re.ReplaceAllString(w.broken, "#")
		if len(k) > 70 {
			k = k[:70]
		}
		e := m[k]
		if e == nil {
			e = &c{steps: 1 << 30}
			m[k] = e
		}
		e.n++
		if w.steps < e.steps {
			e.steps = w.steps
			e.seed = seed
			e.text = w.broken
		}
	}
	ks := []string{}
	for k := range m {
		ks = append(ks, k)
	}
	sort.Slice(ks, func(i, j int) bool { return m[ks[i]].n > m[ks[j]].n })
	for _, k := range ks {
		t.Logf("%6d seed %6d steps %4d  %s", m[k].n, m[k].seed, m[k].steps, m[k].text)
	}
	t.Logf("%+v", tl)
}
