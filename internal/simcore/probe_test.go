package simcore

import (
	"flag"
	"strings"
	"testing"
	"time"
)

var probeSeeds = flag.Int("probe", 300, "")
var probeSeed = flag.Int("probe.seed", -1, "")
var probeFrom = flag.Int("probe.from", 0, "")

func TestProbe(t *testing.T) {
	w := NewWorld()
	var s Script
	if *probeSeed >= 0 {
		w.text = &strings.Builder{}
		Storm(uint64(*probeSeed), All(), &s)
		v := w.Play(&s)
		t.Logf("%+v\n%+v\n%s\n%v", s.Weather, s.Terms, w.text.String(), v)
		return
	}
	count := map[string]int{}
	first := map[string]string{}
	start := time.Now()
	var virtual time.Duration
	var steps, turns uint64
	for seed := range *probeSeeds {
		seed += *probeFrom
		Storm(uint64(seed), All(), &s)
		v := w.Play(&s)
		virtual += w.now
		steps += w.steps
		turns += w.turns
		if v != nil {
			v.Seed = uint64(seed)
			count[v.Monitor]++
			if first[v.Monitor] == "" {
				first[v.Monitor] = v.String()
			}
		}
	}
	d := time.Since(start)
	t.Logf("%d seeds in %v, %v each, %.0f/s; steps %d turns %d virtual %v", *probeSeeds, d, d/time.Duration(*probeSeeds), float64(*probeSeeds)/d.Seconds(), steps/uint64(*probeSeeds), turns/uint64(*probeSeeds), virtual)
	for k, n := range count {
		t.Logf("%d %s: %s", n, k, first[k])
	}
}
