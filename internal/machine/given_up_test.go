package machine

import (
	"testing"
	"time"
)

// A login that was given up may succeed at the server after all. A Revoke that has come since
// is about it too.
func TestLoginThatWasGivenUpBeforeARevokeIsNotInstalled(t *testing.T) {
	newStory(t, provable).
		proves("eve", "proof").after(11*time.Second).
		revokes("fay").
		mintedLate("tok1", "ref1").
		gets("alice").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for proof
12:00:11 Acquiring -> Dead; eve gets ErrUnavailable, retry after 1s
12:00:11 Dead -> Empty; withdrawn; fay gets ErrNotSupported
12:00:11 Empty -> Acquiring -> Dead; alice gets ErrNotEstablished
`)
}

// Where the server can end it, it is asked to: the session has nothing else to revoke.
func TestTokenThatWasGivenUpBeforeARevokeIsEnded(t *testing.T) {
	newStory(t).
		gets("alice").after(11*time.Second).
		leaves("alice").
		revokes("fay").
		mintedLate("tok1", "").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:11 Acquiring -> Empty; withdrawn; fay gets nil
12:00:11 Empty: revoke tok1
`)
}
