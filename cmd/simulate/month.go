package main

import (
	"fmt"
	"runtime/debug"

	"github.com/holdfast-go/holdfast/internal/simcore"
)

var month = scenario{
	name:  "month",
	about: "30 days of 1,000 sessions with tokens of an hour, through the engine and through Step alone",
	play:  playMonth,
}

func playMonth(o options) report {
	defer debug.SetGCPercent(debug.SetGCPercent(1000))
	script := new(simcore.Script)
	simcore.Month(o.seed, o.weather, script)
	started := now()
	direct := simcore.PlayAlone(script)
	withStep := now().Sub(started)

	started = now()
	sum := simcore.Campaign{Plan: simcore.Month, Weather: o.weather, From: o.seed, Seeds: 1, Workers: 1, Twice: o.twice}.Run()
	r := of(sum, now().Sub(started))
	a, b := withStep.Seconds()/float64(direct.Renewals), r.WallSeconds/float64(r.Renewals)
	r.notes = append(r.notes, fmt.Sprintf("%d renewals through the engine in %.1f s; %d through Step alone in %.1f s: %.1f times as long for a renewal",
		r.Renewals, r.WallSeconds, direct.Renewals, withStep.Seconds(), b/a))
	return r
}
