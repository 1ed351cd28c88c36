package enumerate

import (
	"fmt"

	"github.com/holdfast-go/holdfast/messages"
)

// recorded looks at what follows what in the store.
func (s *state) recorded(was, is messages.Record) {
	switch {
	case was.Newer(is.Grant, is.Generation):
		s.breaks(recordForward, fmt.Sprintf("%d.%d follows %d.%d", is.Grant, is.Generation, was.Grant, was.Generation))
	case s.world.rules.OneTime && is.Token.Access != "" && s.familyOf(is) < s.familyOf(was):
		s.breaks(recordForward, "a token of an older login follows one of a newer")
	case was.Status.Tombstone() && !is.Status.Tombstone() && is.Grant <= was.Grant:
		s.breaks(tombstoneStays, fmt.Sprintf("grant %d is written over its tombstone", is.Grant))
	case was.Status.Tombstone() && !is.Status.Tombstone() && s.familyOf(was) > 0 && s.familyOf(was) == s.familyOf(is):
		s.breaks(tombstoneStays, "a token of the family that was revoked is written over the tombstone")
	case was.Status == messages.Gone && is.Status == messages.Revoking && is.Grant <= was.Grant:
		s.breaks(tombstoneStays, "it goes back")
	case was.Status == messages.Dead && is.Status == messages.Alive && !is.Newer(was.Grant, was.Generation):
		s.breaks(deathStays, fmt.Sprintf("%d.%d", is.Grant, is.Generation))
	}
}

// familyOf returns the family of a record's token, counted from one; zero: it has none.
func (s *state) familyOf(r messages.Record) int {
	if r.Token.Access == "" {
		return 0
	}
	return s.server.pair(r.Token.Access).family + 1
}
