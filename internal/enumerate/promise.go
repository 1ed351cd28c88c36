package enumerate

import (
	"fmt"

	"github.com/holdfast-go/holdfast/internal/machine"
)

// The promises, each by the name under which a breach is reported.
const (
	answeredOnce   = "each caller is answered exactly once"
	answeredInTime = "each caller is answered within the time that a caller is held"
	heldForCause   = "nobody is held while nothing is under way"
	oneLeaf        = "a session has one leaf under way"
	spentOnce      = "a refresh token is not sent twice, but for what no client can avoid"
	spentLate      = "a refresh token that may be spent is not sent again while a valid token is held"
	spentSaved     = "a refresh token is not sent before it is saved"
	kept           = "no rotated token is lost while a process that has it, or the store, lives"
	revokedDead    = "nothing is alive at the server after Revoke returned nil"
	revokedHere    = "no token is given out where it was revoked, or where that is known"
	rejectedHere   = "no token is given out where it was rejected"
	expiredNever   = "no expired token is given out"
	killedNever    = "no token is given out that a renewal has killed, as its process can know"
	inOrder        = "no token is published after a newer one"
	savedFirst     = "a token is saved before it is given out, or the session says that it is unsaved"
	recordForward  = "no record goes back"
	tombstoneStays = "no renewal overwrites a tombstone"
	deathStays     = "no generation lives again after its death"
	claimRespected = "no claim is taken over while its owner is at work and nothing has gone wrong"
	recovers       = "a fresh token or an honest end can be reached without another fault"
)

// checkStep is what a session is never without.
func (s *state) checkStep(p *process) {
	if len(p.callers) > 0 && p.session.Wake().IsZero() {
		s.breaks(heldForCause, "somebody waits, and no timer is set")
	}
	if n := p.session.Leaf(); n != 0 && !p.flying(n) {
		s.breaks(heldForCause, fmt.Sprintf("leaf %d is waited for and not under way", n))
	}
}

// flying reports whether a leaf is under way. A slot is there as soon as it is wanted.
func (p *process) flying(n uint64) bool {
	if slot, _ := p.session.Slot(); slot == machine.WantSlot {
		return true
	}
	for i := range p.flights {
		if p.flights[i].leaf.Number == n && p.flights[i].life == p.life {
			return true
		}
	}
	return false
}

// checkWaiting finds those who wait too long. It is asked before time passes, when all
// that is due has been done.
func (s *state) checkWaiting() {
	for _, p := range s.procs {
		for _, c := range p.callers {
			if limit := c.since + p.settings.HoldFor; p.mode == running && c.what == wantsToken && s.now >= limit {
				s.breaks(answeredInTime, fmt.Sprintf("caller %d of %s waits since %v", c.id, processNames[p.id], c.since))
			}
		}
	}
}

// checkState is what holds in every state.
func (s *state) checkState() {
	if s.cut {
		return
	}
	for _, p := range s.procs {
		if p.mode == running && p.shows(s.time()) {
			s.given(p, p.snapshot.Token)
		}
	}
	for f := range s.server.families {
		if s.ended&(1<<f) != 0 && s.server.lives(f, s.world.rules.OneTime, s.now) {
			s.breaks(revokedDead, fmt.Sprintf("family %d lives", f+1))
		}
	}
	if s.world.rules.OneTime && s.excuses&(lostAnswer|lateRequest|crashed) == 0 {
		s.checkKept()
	}
}
