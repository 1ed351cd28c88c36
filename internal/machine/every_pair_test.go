package machine

import (
	"slices"
	"testing"

	"github.com/holdfast-go/holdfast/messages"
)

// Where no Mint is under way, an answer to one changes nothing: neither what it
// would have brought, nor that it failed.
func TestAnswerOfAMintThatIsNotUnderWayIsIgnored(t *testing.T) {
	for _, rules := range []Rules{credentials, persistent} {
		for _, at := range situations {
			if !slices.Contains(noMint, at.state) {
				continue
			}
			for _, o := range []Outcome{
				Minted{Token: token("tok8", "ref8", noon, 0)},
				Failed{Failure: messages.Failure{Status: 503}},
				Failed{Failure: messages.Failure{Verdict: messages.GrantDenied}},
			} {
				s := newStory(t, rules, Settings{Retries: -1})
				s = at.enter(s)
				s.terse = true
				for leaf := range s.cur.session.leaves + 2 {
					s.since().happens(Done{Leaf: leaf, Outcome: o})
					if got, want := s.lines[0].text, at.state.String()+": nothing"; got != want {
						t.Errorf("%s, %T to leaf %d: %s", at.name, o, leaf, got)
					}
				}
			}
		}
	}
}
