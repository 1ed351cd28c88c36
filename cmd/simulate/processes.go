package main

import "github.com/holdfast-go/holdfast/internal/simcore"

var processes = scenario{
	name:  "processes",
	about: "two or three processes over a store that keeps their claims, and over one that forgets them",
	play:  campaign(simcore.Processes, 10_000),
}
