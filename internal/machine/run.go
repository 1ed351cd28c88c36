package machine

import (
	"net/netip"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/messages"
)

// purpose is what a run is for.
type purpose uint8

const (
	nothing   purpose = iota
	renew             // the whole way to the next generation
	install           // save a token that somebody else obtained, as a new grant
	establish         // begin a new grant with proofs
	resave            // save the pair held, which could not be saved when it came
	revoke            // end the session's tokens
	discard           // end a pair that must not be used
)

// stage is the leaf of a run that is under way, or what it waits for instead.
type stage uint8

const (
	resting  stage = iota
	queued         // for a slot
	loading        // Load
	claiming       // Claim
	minting        // Mint
	saving         // Save
	revoking       // RevokeToken
	pausing        // until the next try
	watching       // until another's claim has ended
)

// leaf reports whether a leaf of I/O is under way in this stage.
func (t stage) leaf() bool {
	switch t {
	case queued, loading, claiming, minting, saving, revoking:
		return true
	case resting, pausing, watching:
	}
	return false
}

// binding reports whether a leaf is under way that may have had its effect already: a
// token may be spent by it, ended, or in the store.
func (t stage) binding() bool {
	switch t {
	case minting, saving, revoking:
		return true
	case resting, queued, loading, claiming, pausing, watching:
	}
	return false
}

// run is the one renewal of a session that is under way; zero: none is.
type run struct {
	purpose purpose
	stage   stage
	number  uint64 // of the renewal
	leaf    uint64 // of the leaf under way, or of the last one

	since    time.Time     // the leaf was sent
	deadline time.Duration // of the leaf
	until    time.Time     // pausing, watching: go on

	slotted bool      // has a slot
	slotAt  time.Time // had its first slot
	attempt int       // requests to the endpoint so far
	tries   int       // how often the run has paused and tried again
	ip      netip.Addr

	login    *login // establish: nil once he has been told
	overTomb bool   // establish: the proofs were sent over a tombstone
	anew     bool   // revoke: the store is looked at before what is known of it counts

	claimed   bool      // the record shows our claim
	claimSent time.Time // just before it was sent

	write  write            // what a Save is for
	swap   Swap             // being written
	spent  pair             // what a Mint renews from; without tokens
	minted pair             // not yet saved
	denied bool             // the endpoint has denied the grant
	why    messages.Failure // denied: its words
	ending bool             // the token being ended is the refresh token
	ended  bool             // it has been ended
}

// idle is the run of a session that has none. Nothing is ever written to it: a resting
// session is to be small, and there may be a million of them.
var idle = &run{}

func (r *run) active() bool { return r.purpose != nothing }

// wake returns when the run has something to do though no leaf has ended.
func (r *run) wake(set *Settings) time.Time {
	switch r.stage {
	case queued:
		return r.since.Add(set.QueueFor)
	case pausing, watching:
		return r.until
	case loading, claiming, minting, saving, revoking:
		return r.since.Add(r.deadline + leafGrace)
	case resting:
	}
	return time.Time{}
}

// start makes room for a run. It is the only place that does, so there is never
// more than one.
func (s *step) start(p purpose) bool {
	if s.run.active() {
		return false
	}
	s.renewals++
	s.run = &run{purpose: p, number: s.renewals, ip: s.ip}
	return true
}

// begin starts a run with its first leaf.
func (s *step) begin(p purpose) {
	if !s.start(p) {
		return
	}
	switch p {
	case renew:
		s.beginRenewal()
	case install:
		s.load()
	case establish:
		s.beginLogin()
	case resave:
		s.sendSave()
	case revoke:
		s.beginRevocation()
	case discard:
		s.queue()
	case nothing:
		panic("BUG: a run for nothing")
	}
}

// beginRenewal goes to the store first as long as it has not been looked at, or not
// for too long, and to the queue otherwise. A pair that could not be saved and can be used once
// is saved before it is spent.
func (s *step) beginRenewal() {
	switch {
	case !s.looked, s.pair.unseen:
		s.load()
	case s.unsaved.waiting && s.rules.OneTime:
		s.sendSave()
	default:
		s.queue()
	}
}

// next starts what is due while nothing is under way.
func (s *step) next() {
	if s.run.active() {
		return
	}
	switch {
	case s.revoke.wanted:
		s.begin(revoke)
		s.next() // there may have been nothing to revoke
	case len(s.revoke.strays) > 0:
		s.begin(discard)
	case s.state == Closed:
		s.nextClosed()
	case len(s.logins) > 0:
		s.begin(establish)
	case s.offered && s.looked:
		s.offer()
		s.begin(install)
	case len(s.held) > s.gone, s.state == Acquiring:
		s.nextRenewal()
	case s.unsaved.waiting && !s.now.Before(s.unsaved.due):
		s.begin(resave)
	case s.rules.KeepAlive:
		s.nextKeptAlive()
	}
}

func (s *step) nextClosed() {
	if s.unsaved.waiting && !s.now.Before(s.unsaved.due) {
		s.begin(resave)
	}
}

// nextRenewal starts a renewal for those who are held.
func (s *step) nextRenewal() {
	if s.state == Revoked { // of a kind that begins anew
		s.state = Acquiring
	}
	s.wait()
	for _, c := range s.held {
		if !c.left { // it is for him that the renewal begins
			s.ip = c.ip
			break
		}
	}
	s.begin(renew)
}

func (s *step) nextKeptAlive() {
	at := s.keepAliveAt()
	if at.IsZero() || s.now.Before(at) {
		return
	}
	switch s.state {
	case Fresh:
		s.state, s.due = Stale, s.pair.staleAt
	case Expired:
		s.state = Acquiring
	case Empty, Acquiring, Stale, Ending, Cooling, Dead, Revoked, Closed:
	}
	s.begin(renew)
}

// finish ends the run; next decides what follows.
func (s *step) finish() { s.run = idle }

// send numbers a leaf and notes when it went out.
func (s *step) send(t stage, deadline time.Duration) Leaf {
	s.leaves++
	s.run.stage, s.run.leaf = t, s.leaves
	s.run.since, s.run.deadline, s.run.until = s.now, deadline, time.Time{}
	return Leaf{Number: s.leaves, Renewal: s.run.number, Deadline: deadline}
}

func (s *step) queue() {
	s.run.slotted = false
	s.do(Queue{Leaf: s.send(queued, s.settings.QueueFor)})
}

func (s *step) load() {
	s.do(Load{Leaf: s.send(loading, s.settings.LeafTimeout), Min: s.rev})
}

// pause lets the run go on after d.
func (s *step) pause(t stage, d time.Duration) {
	s.run.stage, s.run.slotted = t, false
	s.run.until = s.now.Add(d)
}

// retryIn is the back-off before the next try while callers wait.
func (s *step) retryIn() time.Duration {
	return clockutil.Backoff(retryBase, retryMax, s.run.tries, s.jitter(saltRetry<<32|uint64(s.run.tries)))
}

// againIn is the back-off before the next try while nobody waits.
func (s *step) againIn(salt uint64, tries int) time.Duration {
	return clockutil.Backoff(againBase, s.settings.BackoffMax, tries-1, s.jitter(salt<<32|uint64(tries)))
}

// done takes what a leaf brought, and passes it to the stage that waits for it.
func (s *step) done(ev Done) {
	if x := s.exchanges.inFlight(ev.Leaf); x != nil {
		s.arrives(x, ev.Outcome)
		return
	}
	if ev.Leaf == 0 || ev.Leaf != s.Leaf() {
		s.late(ev)
		return
	}
	at := s.run.stage
	s.run.stage = resting
	if s.revoke.wanted && s.run.purpose != revoke && s.run.purpose != discard {
		s.cutShort(at, ev.Outcome)
		return
	}
	switch at {
	case queued:
		s.granted()
	case loading:
		s.loaded(ev.Outcome)
	case claiming:
		s.claimedBy(ev.Outcome)
	case minting:
		s.mintedBy(ev.Outcome)
	case saving:
		s.savedBy(ev.Outcome)
	case revoking:
		s.endedBy(ev.Outcome)
	case resting, pausing, watching:
		panic("BUG: no leaf is under way")
	}
}

// timedOut is a leaf that has not answered at all.
func (s *step) timedOut() { s.done(Done{Leaf: s.run.leaf, Outcome: TimedOut{}}) }

// resume goes on after a pause.
func (s *step) resume() {
	s.run.stage, s.run.until = resting, time.Time{}
	switch s.run.purpose {
	case renew, install:
		s.resumeRenewal()
	case establish:
		s.resumeLogin()
	case resave:
		s.sendSave()
	case revoke, discard:
		s.resumeRevocation()
	case nothing:
		panic("BUG: nothing to resume")
	}
}

// resumeRenewal tries again while somebody waits. After a claim of another the
// store is looked at first: it takes no slot.
func (s *step) resumeRenewal() {
	switch {
	case len(s.held) == s.gone && s.state != Acquiring:
		s.finish()
	case s.run.purpose == install, s.sight.claim.Owner != "":
		s.load()
	default:
		s.beginRenewal()
	}
}

// granted has a slot at the endpoint.
func (s *step) granted() {
	s.run.slotted = true
	if s.run.slotAt.IsZero() {
		s.run.slotAt = s.now
	}
	switch s.run.purpose {
	case renew:
		if s.settings.Store.Shared {
			s.load()
			return
		}
		s.claimOrMint()
	case establish:
		if s.settings.Store.Shared {
			s.load()
			return
		}
		s.mintProofs()
	case revoke, discard:
		s.endNext()
	case nothing, install, resave:
		panic("BUG: a slot for a run that needs none")
	}
}
