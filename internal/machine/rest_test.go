package machine

import (
	"testing"
	"unsafe"
)

// That a session which has rested goes on as if it had not is compared by
// TestCloneAndKey, step by step. These are the ones that rest in few words.
func TestMostSessionsRestInFewWords(t *testing.T) {
	for _, rules := range []Rules{credentials, persistent, provable} {
		for _, at := range []situation{{"empty", Empty, empty}, {"fresh", Fresh, func(s *story) *story {
			if s.cur.rules.Proofs {
				return s.proves("zoe", "proof").minted("tok0")
			}
			return fresh(s)
		}}} {
			s := newStory(t, rules)
			at.enter(s)
			if r := s.cur.session.Rest(); r.whole() {
				t.Errorf("%s: all of %+v is kept", at.name, rules)
			}
		}
	}
}

// A tenth of a kilobyte, and a quarter for the token.
func TestRestedSessionIsSmall(t *testing.T) {
	if n := unsafe.Sizeof(Rested{}); n > 48 {
		t.Errorf("a session that rests takes %d bytes", n)
	}
	if n := unsafe.Sizeof(remains{}); n > 256 {
		t.Errorf("its pair takes %d bytes", n)
	}
}
