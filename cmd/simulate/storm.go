package main

import "github.com/holdfast-go/holdfast/internal/simcore"

var storm = scenario{
	name:  "storm",
	about: "two processes, two sessions, 200 requests a seed, and anything may go wrong",
	play:  campaign(simcore.Storm, 10_000),
}
