package machine

import (
	"cmp"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/messages"
)

// Rules is what a kind of session can do, as data. The zero Rules is a grant
// that can be used again and again and needs no human, such as client credentials.
type Rules struct {
	// OneTime: the grant is a refresh token, which each renewal spends.
	OneTime bool

	// Human: without a stored or given token somebody must log in first.
	Human bool

	// Unborn: with nothing stored or given, asks fail with ErrNotEstablished
	// instead of ErrLoginRequired.
	Unborn bool

	// KeepAlive: renew when stale without being asked.
	KeepAlive bool

	// RenewalRevokes: the server kills the old access token when it renews.
	RenewalRevokes bool

	// ReuseGrace is for how long the server accepts a spent refresh token.
	ReuseGrace time.Duration

	// Revocable: there is a revocation endpoint.
	Revocable bool

	// Proofs: an Establish with proofs begins a new grant.
	Proofs bool

	// Forgets: there is no revocation endpoint, and a Revoke forgets the tokens all
	// the same, here and in the store.
	Forgets bool

	// Exchanging is what an Exchange brings.
	Exchanging Exchanging

	// Given is the token that the kind was configured with; zero: none.
	Given messages.Token

	// Identity is a digest of all that tells this session from others.
	Identity messages.Digest
}

// Exchanging is what an Exchange brings.
type Exchanging uint8

// What an Exchange can bring.
const (
	NoExchange Exchanging = iota // ErrNotSupported
	ByRequest                    // a token that the endpoint gives in exchange (RFC 8693)
	OwnToken                     // the session's own token
)

// static reports whether the kind can only give out the token that it was given.
func (r *Rules) static() bool { return r.Human && !r.OneTime }

// later reports whether a token that is given takes the place of one. Of a kind that can
// only give out what it was given, nobody may know when the tokens were issued.
func (r *Rules) later(given, held messages.Token) bool {
	if r.static() && given.Access != held.Access && !given.Issued.Before(held.Issued) {
		return true
	}
	return given.Issued.After(held.Issued)
}

// Traits are what the machine must know of the store.
type Traits struct {
	Shared  bool // other processes write it too
	Durable bool // what was written outlives this process
}

// Settings is what all sessions of a Manager have in common. New wants every
// field filled; WithDefaults does it.
type Settings struct {
	Name  string // of this process, in records and in jitter
	Owner string // of this start of this process, in claims
	Store Traits

	Margin, Window          time.Duration // zero: derived from the token's lifetime
	LeafTimeout             time.Duration
	SaveTimeout             time.Duration
	QueueFor, HoldFor       time.Duration
	BackoffMax, CoolDownMax time.Duration
	Claim                   time.Duration // zero: derived from the token's lifetime
	ForceInterval           time.Duration
	HoldAtMost, Retries     int // negative: none
}

// WithDefaults returns the settings with the default in place of each zero.
func (s Settings) WithDefaults() Settings {
	s.LeafTimeout = cmp.Or(s.LeafTimeout, 10*time.Second)
	s.SaveTimeout = cmp.Or(s.SaveTimeout, 2*time.Second)
	s.QueueFor = cmp.Or(s.QueueFor, 5*time.Minute)
	s.HoldFor = cmp.Or(s.HoldFor, 30*time.Second)
	s.BackoffMax = cmp.Or(s.BackoffMax, time.Minute)
	s.CoolDownMax = cmp.Or(s.CoolDownMax, 30*time.Second)
	s.ForceInterval = cmp.Or(s.ForceInterval, 10*time.Second)
	s.HoldAtMost = cmp.Or(s.HoldAtMost, 10_000)
	s.Retries = cmp.Or(s.Retries, 2)
	return s
}

const (
	// assumedLife is taken for the lifetime of a token whose answer did not say.
	assumedLife = 5 * time.Minute

	// Back-off between the tries of one renewal while callers wait.
	retryBase, retryMax = 200 * time.Millisecond, 2 * time.Second

	// Back-off and cool-down between renewals.
	againBase = time.Second

	// hopelessFactor times CoolDownMax is the cool-down for what retrying
	// cannot mend: 5 min by default.
	hopelessFactor = 10

	// retryAfterMax bounds what a server may ask us to wait.
	retryAfterMax = 5 * time.Minute

	// refreshPause keeps Refresh from asking a failing endpoint more often.
	refreshPause = time.Second

	// leafGrace is how long after its deadline a leaf that ignores it is waited for.
	leafGrace = time.Second

	// endless is the life of a token of which nobody knows when it ends, and which
	// nothing can take the place of.
	endless = 100 * 365 * 24 * time.Hour

	// coarseLife is the shortest life of a token that may be given out by a coarse
	// clock, and coarseError what such a clock may lag by: half of that was seen on a
	// loaded machine.
	coarseLife  = time.Minute
	coarseError = time.Second

	// takeoverRoom is for the late answer and the slow save of an owner that is
	// alive, when a one-time grant is taken over.
	takeoverRoom = 5 * time.Second
)

// margin is how long before its expiry a token of lifetime life is not given
// out any more. "Servers count in whole seconds", hence at least 1.25 s.
func (s Settings) margin(life time.Duration) time.Duration {
	m := cmp.Or(s.Margin, min(3*time.Minute, max(life/10, 1250*time.Millisecond)))
	return min(m, life/2)
}

// ServedUntil returns when a token is not given out any more.
func (s Settings) ServedUntil(t messages.Token) time.Time {
	return t.Expiry.Add(-s.margin(t.Lifetime()))
}

// window is how long before the margin renewals begin.
func (s Settings) window(life time.Duration) time.Duration {
	w := cmp.Or(s.Window, min(10*time.Minute, life/3))
	return min(w, life-s.margin(life))
}

// claimFor is how long a claim lasts on a token of lifetime life.
func (s Settings) claimFor(life, grace time.Duration) time.Duration {
	c := cmp.Or(s.Claim, max(5*time.Second, min(20*time.Second, s.window(life)/2)))
	if grace > 0 {
		c = min(c, grace/3)
	}
	return c
}

// coolDown is how long to leave the endpoint alone after n failures in a row.
func (s Settings) coolDown(n int, f messages.Failure) time.Duration {
	switch {
	case f.RetryAfter > 0:
		return retryAfter(f)
	case f.Verdict == messages.Hopeless, f.Verdict == messages.GrantDenied:
		return hopelessFactor * s.CoolDownMax
	}
	return clockutil.Doubling(min(againBase, s.CoolDownMax), s.CoolDownMax, n-1)
}

func retryAfter(f messages.Failure) time.Duration { return min(f.RetryAfter, retryAfterMax) }
