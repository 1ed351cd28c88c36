package machine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A situation is a way into a state.
type situation struct {
	name  string
	state State
	enter func(*story) *story
}

func empty(s *story) *story { return s }

func fresh(s *story) *story {
	s.gets("zoe")
	if !s.cur.rules.OneTime {
		s.minted("tok0")
	}
	return s
}

func acquiring(s *story) *story {
	if s.cur.rules.OneTime {
		s.at("14:00:00")
	}
	return s.gets("zoe")
}

// stale has its renewal under way.
func stale(s *story) *story { return fresh(s).at("12:53:00").gets("yan") }

// failing is stale and has nothing under way.
func failing(s *story) *story { return stale(s).answers503() }

func ending(s *story) *story  { return stale(s).denied() }
func expired(s *story) *story { return fresh(s).at("12:58:00").ticks() }
func cooling(s *story) *story { return acquiring(s).answers503() }
func dead(s *story) *story    { return acquiring(s).denied() }

// underRevocation has the end of the tokens under way at the server.
func underRevocation(s *story) *story { return fresh(s).revokes("xiu") }

func revoked(s *story) *story {
	underRevocation(s).ends()
	if s.cur.rules.OneTime {
		s.ends()
	}
	return s
}

func closed(s *story) *story { return fresh(s).closes() }

// These have a Mint under way in states where none begins.
func revokedMinting(s *story) *story { return stale(s).revokes("xiu") }
func closedMinting(s *story) *story  { return stale(s).closes() }
func endingMinting(s *story) *story  { return stale(s).diedElsewhere().hears() }
func deadMinting(s *story) *story    { return acquiring(s).diedElsewhere().hears() }

var situations = []situation{
	{"empty", Empty, empty},
	{"acquiring", Acquiring, acquiring},
	{"fresh", Fresh, fresh},
	{"stale", Stale, stale},
	{"failing", Stale, failing},
	{"ending", Ending, ending},
	{"expired", Expired, expired},
	{"cooling", Cooling, cooling},
	{"dead", Dead, dead},
	{"revoking", Revoked, underRevocation},
	{"revoked", Revoked, revoked},
	{"closed", Closed, closed},
}

var withMint = []situation{
	{"acquiring", Acquiring, acquiring},
	{"stale", Stale, stale},
	{"ending", Ending, endingMinting},
	{"dead", Dead, deadMinting},
	{"revoked", Revoked, revokedMinting},
	{"closed", Closed, closedMinting},
}

// in tells what act does in each of the situations that the rules allow.
func in(t *testing.T, all []situation, rules Rules, act func(*story) *story, want string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("\n")
	for _, at := range all {
		s := newStory(t, rules, Settings{Retries: -1})
		if !rules.Human && (at.state == Ending || at.state == Dead) {
			continue
		}
		at.enter(s).since()
		if got := s.cur.state(s.now); got != at.state {
			t.Errorf("%s is %s", at.name, got)
		}
		s.terse = true
		act(s)
		fmt.Fprintf(&b, "%-10s %s\n", at.name, s.lines[len(s.lines)-1].text)
	}
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("the story went another way (-want +got):\n%s\nit went:%s", diff, b.String())
	}
}
