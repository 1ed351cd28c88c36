package simcore

import (
	"slices"
	"strconv"
	"time"

	"github.com/holdfast-go/holdfast/actor"
	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// seat is a session in one start of a process, with what the monitors remember of it.
type seat struct {
	by     *process
	index  int
	kind   *kind
	live   *actor.Session
	steps  uint64
	called uint64 // calls so far
	last   error  // what the one that was answered last was told
	final  final

	wake  time.Time     // the session's timer
	set   time.Time     // when that was set
	stood int           // how often its process had stood still then
	was   machine.State // after the step before
	busy  bool          // a run is under way

	published bool
	snapshot  machine.Publish
	until     int64 // the snapshot's, on the process's Timeline
	placed    place // of the newest token published

	asked  []asked // by the number of the caller
	flight flight
	aloft  []exchange
	leaf   uint64 // the newest number of a leaf

	claimed claimed
	mints   mints
	slotted uint64 // the run that has asked the endpoint last
	rested  rested
	looked  time.Duration // the store has said what it has, or taken what is held
	failing failing
	newest  struct { // the token given out last
		pair  int
		given time.Duration // for the first time
	}
	tick struct {
		at    time.Duration
		times int
	}

	barredPairs     []int
	barredFamilies  []int
	barredLeaf      uint64            // and what these leaves brought
	barredAt        time.Duration     // by the newest Revoke
	exchanged       []messages.Secret // that were given to somebody
	barredExchanged []messages.Secret
	forsaken        []forsaken
}

// final is the call that is to bring a token when the faults have stopped. Others may ask
// beside it for more than can be had.
type final struct {
	number uint64
	err    error // what it was told
}

// forsaken is what was exchanged for a pair before that was rejected, be it held or not.
type forsaken struct {
	subject int
	last    int // the newest exchanged token
}

// asked is somebody who has asked, as the machine knows him.
type asked struct {
	ask    messages.Ask
	told   bool
	left   bool
	pair   int // of Revoke and Reject: what was held
	stored held
	exempt bool
}

// held is what the store had when a Revoke was asked for.
type held struct {
	pair  int // zero: nothing that lived
	grant uint64
}

// flight is the newest leaf of the run.
type flight struct {
	number   uint64
	effect   machine.Effect
	since    time.Time
	deadline time.Duration
	landed   bool
}

// exchange is a leaf of an exchange that is under way.
type exchange struct {
	leaf, flight uint64
	scope        string
}

// claimed is the newest claim.
type claimed struct {
	renewal uint64
	since   time.Time     // by the clocks of its process
	at      time.Duration // and in truth
	length  time.Duration
}

// mints counts the requests of a renewal for one token. One that is given anew begins another
// grant, though it is the same.
type mints struct {
	renewal uint64
	of      messages.Secret
	at      place
	n       int
}

// rested is that the endpoint has asked to be left alone about a pair. Another grant is
// begun without waiting: who has heard of it may have seen nothing of the Revoke between.
type rested struct {
	until time.Time
	of    messages.Secret
	at    place
}

// sessionOf is the number of the session of a key.
func sessionOf(key string) int {
	i, err := strconv.Atoi(key)
	if err != nil {
		panic("BUG: not a key of this world: " + key)
	}
	return i
}

// stepped sees a step: the session after it, and the effects that are done.
func (s *seat) stepped(is *machine.Session, ev machine.Event, effects []machine.Effect) {
	w := s.by.world
	now := s.by.Now()
	l := &w.look
	*l = look{seat: s, is: is, view: is.Glance(), ev: ev, effects: effects, now: now}
	if w.forge != nil {
		w.forge(l)
	}
	w.noteStepped(s, &l.view, l.ev, l.effects)
	l.checkWoken()
	l.happens()
	for _, e := range l.effects {
		l.does(e)
	}
	if !s.by.dead { // else a part of the effects is missing
		l.after()
	}
	s.wake, s.was, s.busy = is.Wake(), l.view.State, is.Running()
	s.set, s.stood = now, s.by.disturbed
}

// look is one step, as the monitors look at it.
type look struct {
	*seat
	is      *machine.Session
	view    machine.View
	ev      machine.Event
	effects []machine.Effect
	now     time.Time
	unsaved bool // it says that its pair is not saved
	barring bool // it is a Revoke that has not withdrawn anything yet
}

// happens looks at the event.
func (s *look) happens() {
	switch ev := s.ev.(type) {
	case machine.Ask:
		s.comes(ev)
	case machine.Done:
		s.arrives(ev)
	case machine.Tick:
		s.checkTimer()
	case machine.Sleep:
		s.rested = rested{}
	case machine.Changed:
		s.looked = s.by.world.now
	case machine.Leave, machine.Gap, machine.Unseen, machine.Close:
	}
}

// place is that of the pair held.
func (s *look) place() place { return place{s.view.Grant, s.view.Generation} }

func (s *seat) who(c machine.Caller) *asked {
	if c == 0 || int(c) > len(s.asked) {
		return nil
	}
	return &s.asked[c-1]
}

// comes notes a caller, or a crowd. A Revoke bars what is held, from here on.
func (s *look) comes(ev machine.Ask) {
	if ev.Caller != 0 {
		last := int(ev.Caller) + ev.More
		for len(s.asked) < last {
			s.asked = append(s.asked, asked{})
		}
		for i := int(ev.Caller) - 1; i < last; i++ {
			s.asked[i] = asked{ask: ev.Ask, pair: s.heldPair(ev.Ask), stored: s.storedPair(), exempt: s.view.State == machine.Closed}
		}
	}
	rules := &s.by.world.rules[s.index]
	_, revoke := ev.Ask.(messages.Revoke)
	if revoke { // what it ends begins anew
		s.rested = rested{}
	}
	if revoke && s.view.State == machine.Revoked && (rules.Revocable || rules.Forgets) {
		s.by.world.known[s.index].revokes++
		s.barring = true
		if !s.by.dead && !slices.ContainsFunc(s.effects, withdraws) { // else it withdraws, or would have
			s.bars()
		}
	}
}

func withdraws(e machine.Effect) bool {
	_, is := e.(machine.Withdraw)
	return is
}

// bars bars what is held from the moment at which a Revoke withdraws it: what was due
// before it comes first.
func (s *look) bars() {
	if !s.barring {
		return
	}
	s.barring = false
	s.barFamily(s.heldPair(nil))
	if s.published {
		s.barFamily(numberOf(s.snapshot.Token.Access))
	}
	s.barredLeaf, s.barredAt = s.leaf, s.by.world.now
}

// heldPair is the number of the pair that the session holds or, for a Revoke, the one in
// the store as long as nothing is known of another. A refresh token that can be used again is that of
// the first pair.
func (s *look) heldPair(a messages.Ask) int {
	if r, known := s.is.Refresh(); known && r != "" && !s.by.world.script.Terms.Keeps {
		return numberOf(r)
	}
	if s.published {
		return numberOf(s.snapshot.Token.Access)
	}
	_, revoke := a.(messages.Revoke)
	if r := s.by.world.store.shelves[s.index].newest(); revoke && r != nil && r.Status == messages.Alive {
		return numberOf(r.Token.Access)
	}
	return 0
}

func (s *seat) storedPair() held {
	r := s.by.world.store.shelves[s.index].newest()
	if r == nil || r.Status != messages.Alive {
		return held{}
	}
	return held{pair: numberOf(r.Token.Access), grant: r.Grant}
}

func (s *seat) barFamily(pair int) {
	p := s.by.world.server.pair(accessOf(pair))
	if pair > 0 && p != nil && !slices.Contains(s.barredFamilies, p.family) {
		s.barredFamilies = append(s.barredFamilies, p.family)
	}
}

// arrives notes what a leaf has brought.
func (s *look) arrives(ev machine.Done) {
	current := ev.Leaf == s.flight.number && !s.flight.landed
	if ev.Leaf == s.flight.number {
		s.flight.landed = true
	}
	switch ev.Outcome.(type) {
	case machine.Found, machine.NotFound, machine.Written:
		s.looked = s.by.world.now
	}
	late := !s.now.Before(s.flight.since.Add(s.flight.deadline + leafGrace))
	s.aloft = slices.DeleteFunc(s.aloft, func(x exchange) bool { return x.leaf == ev.Leaf })
	switch o := ev.Outcome.(type) {
	case machine.Minted:
		if p := s.by.world.server.pair(o.Token.Access); p != nil && current && !late {
			p.delivered = true
		}
	case machine.Failed:
		s.rests(o.Failure, current && !late)
	}
}

const (
	leafGrace = time.Second            // how long after its deadline the machine waits for a leaf
	retryBase = 200 * time.Millisecond // how long it waits at least before it tries again
)

// rests notes for how long the endpoint wants to be left alone.
func (s *look) rests(f messages.Failure, current bool) {
	m, mint := s.flight.effect.(machine.Mint)
	if !current || !mint || len(m.Proofs) > 0 || s.view.State == machine.Revoked || s.was == machine.Revoked {
		return
	}
	s.doubts(f)
	pause := min(f.RetryAfter, 5*time.Minute)
	held, _ := s.is.Refresh()
	if s.is.Running() && s.is.Leaf() == 0 && s.view.State == machine.Acquiring { // it tries again for those who wait
		pause = max(pause, retryBase)
	}
	if pause > 0 {
		s.rested = rested{until: s.now.Add(pause), of: held, at: s.place()}
	}
}

// does looks at an effect, in the order in which they are done.
func (s *look) does(effect machine.Effect) {
	switch e := effect.(type) {
	case machine.Publish:
		s.publishes(e)
	case machine.Withdraw:
		s.bars()
		s.published = false
	case machine.Answer:
		s.answers(e)
	case machine.Emit:
		if _, unsaved := e.Event.(messages.Unsaved); unsaved {
			s.unsaved = true
		}
		s.tells(e.Event)
		s.fails(e.Event)
	case machine.Queue:
		if e.Flight == 0 {
			s.flies(e.Leaf, effect)
		}
	case machine.Load:
		s.flies(e.Leaf, effect)
	case machine.Claim:
		s.flies(e.Leaf, effect)
		s.claimed = claimed{renewal: e.Renewal, since: s.now, at: s.by.world.now, length: e.Record.Claim.Length}
	case machine.Save:
		s.flies(e.Leaf, effect)
	case machine.Mint:
		s.flies(e.Leaf, effect)
		s.checkMint(e)
	case machine.RevokeToken:
		s.flies(e.Leaf, effect)
	case machine.Exchange:
		s.fliesBeside(e)
	}
}

// expired reports whether a leaf has ended by its deadline.
func (s *seat) expired(l *leaf) bool { return s.by.world.now-l.sent >= l.most }

// launched notes a leaf that goes out: what it spends, and how many are under way.
func (s *seat) launched(l *leaf) {
	if m, mint := l.job.Effect.(machine.Mint); mint && m.Refresh != "" {
		l.spends = numberOf(m.Refresh)
		if s.outslept(m.Renewal) {
			s.by.world.server.pairs[l.spends-1].troubled = true
		}
		s.checkAlone(l)
		s.by.world.minting = append(s.by.world.minting, l)
	}
	if l.remote() {
		s.checkBound(l)
	}
}

// outslept reports whether the claim of a renewal is older than its process can tell by either
// clock: the machine has slept, and its clock was set back by as much meanwhile.
func (s *seat) outslept(renewal uint64) bool {
	c := s.claimed
	return c.renewal == renewal && s.by.world.now-c.at > -clockutil.Left(s.by.Now(), c.since)
}

// trouble notes what may come of a leaf that goes wrong. Risky is one that may be done
// though nobody hears of it.
func (s *seat) trouble(l *leaf, risky bool) {
	w := s.by.world
	w.known[s.index].troubled = true
	switch e := l.job.Effect.(type) {
	case machine.Mint:
		if p := w.server.pair(refreshOf(l.spends)); p != nil && risky {
			p.troubled = true
		}
	case machine.Save:
		if p := w.server.pair(e.Record.Token.Access); p != nil && p.parent > 0 {
			w.server.pairs[p.parent-1].slowSave = true
		}
	}
}

// disturb notes that the process has stood still while it had this leaf under way.
func (s *seat) disturb(l *leaf) {
	l.disturbed = true
	if p := s.by.world.server.pair(refreshOf(l.spends)); l.spends > 0 && p != nil {
		p.troubled = true
	}
}

// disturb notes that the process has stood still, or is dead: what it has under way may
// end as it likes.
func (p *process) disturb() {
	w := p.world
	p.disturbed++
	for i := range p.seats {
		w.known[i].troubled = true
	}
	for _, l := range w.minting {
		if l.by == p && !l.answered {
			l.seat.disturb(l)
		}
	}
	for i := range w.server.pairs {
		if of := &w.server.pairs[i]; of.by == p && !of.saved && of.parent > 0 {
			w.server.pairs[of.parent-1].troubled = true
		}
	}
}
