package main

import "github.com/holdfast-go/holdfast/internal/simcore"

var kinds = scenario{
	name:  "kinds",
	about: "each kind of session after the other, in storms",
	play:  campaign(simcore.Kinds, 13_000),
}
