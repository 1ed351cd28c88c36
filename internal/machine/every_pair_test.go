package machine

import (
	"slices"
	"testing"

	"github.com/holdfast-go/holdfast/messages"
)

// walked are the stories that together walk the table of the package comment.
var walked = []func(*testing.T){
	TestGetInEveryState,
	TestRefreshInEveryState,
	TestTheClockInEveryState,
	TestRejectInEveryState,
	TestRevokeInEveryState,
	TestEstablishInEveryState,
	TestLeaveInEveryState,
	TestCloseInEveryState,
	TestSleepInEveryState,
	TestGapInEveryState,
	TestNewerRecordInEveryState,
	TestTombstoneInEveryState,
	TestDeathInEveryState,
	TestOldRecordInEveryState,
	TestDuplicateDoneInEveryState,
	TestRenewalDoneInEveryState,
	TestRenewalFailedInEveryState,
	TestRenewalDeniedInEveryState,
	TestExchangeInEveryState,
	TestExchangeDoneInEveryState,
	TestExchangeFailedInEveryState,
	TestExchangeDeniedInEveryState,
}

// noMint are the states in which no Mint is under way: a renewal that has begun
// in Empty has left it, one that ends leads to or from Fresh, Expired and
// Cooling, and what changes the pair under a renewal (see keepAcquiring) leads to
// Stale or Acquiring.
var noMint = []State{Empty, Fresh, Expired, Cooling}

// noFlight are the states in which no exchange is under way: nothing is exchanged
// before there is a token, nor after a Revoke or a Close.
var noFlight = []State{Empty, Revoked, Closed}

func TestEveryPairOfStateAndEventIsToldByAStory(t *testing.T) {
	for _, story := range walked {
		story(t)
	}
	told.mu.Lock()
	defer told.mu.Unlock()
	for _, state := range []State{Empty, Acquiring, Fresh, Stale, Ending, Expired, Cooling, Dead, Revoked, Closed} {
		for _, what := range happenings {
			pair := pairing{state, what}
			switch {
			case cannotOccur(pair) && told.pairs[pair]:
				t.Errorf("%s, %s: cannot occur, and does", state, what)
			case !cannotOccur(pair) && !told.pairs[pair]:
				t.Errorf("%s, %s: no story tells of it", state, what)
			}
		}
	}
}

func cannotOccur(p pairing) bool {
	mints := []happening{renewalDone, renewalFailed, renewalDenied}
	flights := []happening{exchangeDone, exchangeFailed, exchangeDenied}
	return slices.Contains(mints, p.what) && slices.Contains(noMint, p.state) ||
		slices.Contains(flights, p.what) && slices.Contains(noFlight, p.state)
}

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
