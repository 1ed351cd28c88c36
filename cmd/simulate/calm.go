package main

import "github.com/holdfast-go/holdfast/internal/simcore"

var calm = scenario{
	name:  "calm",
	about: "two processes, two sessions, 200 requests a seed, and nothing goes wrong",
	play:  campaign(simcore.Calm, 10_000),
}
