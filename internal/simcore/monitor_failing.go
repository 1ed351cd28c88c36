package simcore

import (
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// failing is what is remembered of the failures of a session.
type failing struct {
	ever  bool            // it has failed since it has recovered
	spent messages.Secret // the refresh token whose request has ended in doubt; empty: none has
	since time.Time       // that request went out
}

// doubts notes a request of which nobody knows what it has done.
func (s *look) doubts(f messages.Failure) {
	m := s.flight.effect.(machine.Mint)
	switch {
	case f.Verdict != messages.Doubtful || m.Refresh == "":
	case s.failing.spent != m.Refresh:
		s.failing.spent, s.failing.since = m.Refresh, s.flight.since
	}
}

// checkDoubt: a refresh token that may be spent is not sent again while a valid token is
// held, unless the server forgives that for a while.
func (s *look) checkDoubt(e machine.Mint) {
	w := s.by.world
	rules := &w.rules[s.index]
	if e.Refresh != s.failing.spent || rules.RenewalRevokes || w.script.Terms.Keeps || !s.published || !s.serves() {
		return
	}
	if grace := s.failing.since.Add(rules.ReuseGrace - e.Deadline); !s.now.Before(grace) {
		w.breaks("doubt", "%s may be spent and is sent again, and a%d is given out", e.Refresh.Reveal(), numberOf(s.snapshot.Token.Access))
	}
}

// checkHas: a process that was brought the successor of a refresh token does not send that
// token again.
func (s *look) checkHas(e machine.Mint) {
	w, n := s.by.world, numberOf(e.Refresh)
	if of := w.server.pair(e.Refresh); of == nil || !of.spent || w.script.Terms.Keeps || w.known[s.index].misdated {
		return
	}
	for i := range w.server.pairs {
		if p := &w.server.pairs[i]; p.parent == n && p.by == s.by && p.delivered {
			w.breaks("kept", "r%d is sent again by a process that was brought a%d for it", n, i+1)
		}
	}
}

// fails: a series of failures ends once.
func (s *look) fails(ev messages.Event) {
	if adopted, ok := ev.(messages.Renewed); ok && adopted.Adopted { // whatever failed was about another pair
		s.rested = rested{}
	}
	switch ev.(type) {
	case messages.Failing:
		s.failing.ever = true
	case messages.Acquired, messages.Renewed: // of a token that is over when it comes, which is a failure that is not told
		s.failing.ever = s.failing.ever || slices.ContainsFunc(s.effects, withdraws)
	case messages.Recovered:
		if !s.failing.ever {
			s.by.world.breaks("recovers", "it says so again, and has not failed since")
		}
		s.failing.ever = false
	}
}

// checkHeld: no more callers are held than may be.
func (s *look) checkHeld() {
	if most := max(0, s.by.world.settings.HoldAtMost); s.view.Held > most {
		s.by.world.breaks("bound", "%d are held; %d may be", s.view.Held, most)
	}
}

// checkDead: who asks a session that has ended is not told to ask again at once, and for ever.
func (s *look) checkDead(err error) {
	if after, again := messages.RetryAfter(err); again && after <= 0 && s.view.State == machine.Dead {
		s.by.world.breaks("dead", "who asks is to ask again at once: %v", err)
	}
}
