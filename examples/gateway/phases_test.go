package main

import (
	"testing"
	"time"
)

func TestPhasesScaleWithTheRun(t *testing.T) {
	p := planOf(settings{duration: 20 * time.Second, faults: true})
	for second, want := range map[int]string{
		0: "calm", 1: "calm", 2: "slow", 7: "slow", 8: "outage", 12: "outage", 13: "slow", 14: "slow", 15: "revoked", 99: "revoked",
	} {
		if got := p.at(time.Duration(second) * time.Second).name; got != want {
			t.Errorf("second %d is %s, want %s", second, got, want)
		}
	}
	for _, next := range p {
		if next.outage() != (next.name == "outage") || next.revokes != (next.name == "revoked") {
			t.Errorf("%s: outage %v, revokes %v", next.name, next.outage(), next.revokes)
		}
	}
}

func TestCalmRunStaysCalm(t *testing.T) {
	p := planOf(settings{duration: 20 * time.Second})
	if got := p.at(15 * time.Second); len(p) != 1 || got.outage() || got.revokes || got.faults.Latency != 0 {
		t.Errorf("plan is %+v", p)
	}
}
