package machine

import "testing"

// A pair that was minted for one grant is not saved over another that was begun
// elsewhere, also where a Close cuts the look at the store short that would have found out.
func TestCloseDoesNotSaveWhatAnotherGrantHasReplaced(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		at("12:53:00").gets("bob").
		storeHolds().mintedPair("tok1", "ref1").
		establishedElsewhere("tok8", "ref8").hears().
		lands().
		closes().ends().ends().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:53:00 Fresh -> Stale; bob gets tok0; renewal 2: mint with ref0
12:53:00 Stale: save tok1 as 1.2
12:53:00 Stale: adopted
12:53:00 Stale: load
12:53:00 Stale -> Closed; withdrawn; revoke ref1
12:53:00 Closed: revoke tok1
`)
}

// The same for one that was overtaken by its own grant: it is only dropped.
func TestCloseDropsWhatItsOwnGrantHasOvertaken(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		at("12:53:00").gets("bob").
		storeHolds().mintedPair("tok1", "ref1").
		renewedElsewhere("tok8", "ref8").hears().
		lands().
		closes().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:53:00 Fresh -> Stale; bob gets tok0; renewal 2: mint with ref0
12:53:00 Stale: save tok1 as 1.2
12:53:00 Stale: adopted
12:53:00 Stale: load
12:53:00 Stale -> Closed; withdrawn
`)
}

// A tombstone of another process, and a grant begun over it, leave a Revoke nothing to end. It ends with
// the Close that comes before the request it waits for, and does not undo it.
func TestCloseIsNotUndoneByARevokeThatHasNothingToEnd(t *testing.T) {
	newStory(t, betweenP).
		gets("alice").minted("tok1").
		at("12:58:00").gets("bob").
		revokes("carol").
		revokedElsewhere().hears().
		establishedElsewhere("tok9", "").hears().
		closes().
		gets("dave").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; alice gets tok1
12:58:00 Fresh -> Expired -> Acquiring; renewal 2: mint
12:58:00 Acquiring -> Revoked; withdrawn; bob gets ErrRevoked
12:58:00 Revoked -> Closed; withdrawn; carol gets ErrClosed
12:58:00 Closed: dave gets ErrClosed
`)
}
