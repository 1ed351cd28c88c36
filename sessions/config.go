package sessions

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"math"
	"time"

	"github.com/holdfast-go/holdfast/actor"
	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/store"
)

// Config is what a Manager is made of. The zero Config works: every zero field
// stands for its default. No field may be negative, except where it says what that
// means.
type Config struct {
	// Store keeps sessions beyond their time in memory. The Manager does not
	// close it. If nil, memory of this Manager.
	Store store.Store

	// Clock is all the time there is. If nil, the system's, and when the machine was
	// suspended sessions that are kept alive are renewed as soon as it is awake. With another
	// clock that tells the time of the machine they are renewed when their timers fire, which are late
	// by as long as it has slept; an ask is always answered by the right time.
	Clock clockutil.Clock

	// Logger is told of what happens to sessions, without secrets. If nil, silent.
	Logger *slog.Logger

	// Name is this process, in records and in jitter: processes that share a store
	// have different names. If empty, random.
	Name string

	// Margin is how long before its expiry a token is not given out any more,
	// at most half its life. If zero, a tenth of the life, at least 1.25 s and
	// at most 3 min.
	Margin time.Duration

	// Window is how long before the margin a token is stale, that is, renewed
	// behind callers who still get it. If zero, a third of the life, at most 10 min.
	Window time.Duration

	// LeafTimeout limits each request to an endpoint and each read of the store.
	// If zero, 10 s.
	LeafTimeout time.Duration

	// SaveTimeout limits each write of the store; a new token that is not saved
	// by then is given out unsaved. If zero, 2 s.
	SaveTimeout time.Duration

	// QueueFor limits the wait for a slot at the token endpoint. If zero, 5 min.
	QueueFor time.Duration

	// HoldFor limits how long a caller is held, counted from when the renewal
	// has its slot. If zero, 30 s.
	HoldFor time.Duration

	// BackoffMax limits the pause between failed renewals behind a valid token,
	// and between tries to save. If zero, 1 min.
	BackoffMax time.Duration

	// CoolDownMax limits the pause after failed renewals while there is no valid
	// token; for what retrying cannot mend it is ten times as long. If zero, 30 s.
	CoolDownMax time.Duration

	// Claim is how long one process may take to renew while others respect it.
	// If zero, between 5 s and 20 s, by the token's life.
	Claim time.Duration

	// ForceInterval is how often at most a session drops a token because a
	// resource server refused it, or renews one for MinValidity. If zero, 10 s.
	ForceInterval time.Duration

	// IdleAfter is how long a session without a call keeps its token in memory. The
	// next call takes it up from the store. If zero, 10 min.
	IdleAfter time.Duration

	// MaxUnwatched is how long at most a token is given out without a look at the store
	// while that is shared and its watch is broken: so late may a revocation
	// elsewhere be seen then. After that time, and each time that it has passed again, the next caller of a
	// session waits for one look, with all who come meanwhile. A token that the server has
	// just sent needs none, and the time for which the process stood still before it has
	// heard of the break does not count. While the store does not
	// answer they get ErrUnavailable with a RetryAfter, though the token lives; a kind that needs neither a human nor
	// a refresh token gets a new token instead. A life of the token or more: no such look,
	// and a revocation may be seen when the token's own life ends. Of no effect with a
	// store that is not shared. If zero, 10 min.
	MaxUnwatched time.Duration

	// HoldAtMost limits the callers held by one session. If zero, 10,000. If
	// negative, nobody is held.
	HoldAtMost int

	// Retries is how often a failed renewal is tried again while callers wait.
	// If zero, 2. If negative, never.
	Retries int

	// InFlight limits the renewals under way at one token URL. If zero, 64.
	InFlight int

	// MaxBody limits the bytes of an endpoint's answer. If zero, 1 MiB.
	MaxBody int

	// Rate limits the token requests a second to one token URL. If zero, 1,000.
	Rate float64
}

// check returns ErrInvalid naming a field that is wrong.
func (c Config) check() error {
	for _, f := range []struct {
		name  string
		value time.Duration
	}{
		{"Margin", c.Margin},
		{"Window", c.Window},
		{"LeafTimeout", c.LeafTimeout},
		{"SaveTimeout", c.SaveTimeout},
		{"QueueFor", c.QueueFor},
		{"HoldFor", c.HoldFor},
		{"BackoffMax", c.BackoffMax},
		{"CoolDownMax", c.CoolDownMax},
		{"Claim", c.Claim},
		{"ForceInterval", c.ForceInterval},
		{"IdleAfter", c.IdleAfter},
		{"MaxUnwatched", c.MaxUnwatched},
		{"InFlight", time.Duration(c.InFlight)},
		{"MaxBody", time.Duration(c.MaxBody)},
	} {
		if f.value < 0 {
			return messages.Invalid("Config."+f.name, "is negative")
		}
	}
	if c.Rate < 0 || math.IsNaN(c.Rate) || math.IsInf(c.Rate, 1) {
		return messages.Invalid("Config.Rate", "is no rate")
	}
	return nil
}

// withDefaults fills in what the shell needs.
func (c Config) withDefaults() Config {
	if c.Store == nil {
		c.Store = store.NewMemory()
	}
	c.Name = cmp.Or(c.Name, randomName())
	c.IdleAfter = cmp.Or(c.IdleAfter, 10*time.Minute)
	c.MaxUnwatched = cmp.Or(c.MaxUnwatched, 10*time.Minute)
	c.InFlight = cmp.Or(c.InFlight, 64)
	c.Rate = cmp.Or(c.Rate, 1000)
	return c
}

// house returns the shell's configuration of a Config with its defaults.
func (c Config) house() actor.Config {
	clock, coarse := c.Clock, (func(func()) *clockutil.Coarse)(nil)
	if clock == nil {
		clock, coarse = clockutil.System(), clockutil.StartCoarse
	}
	stage, owner := c.stage()
	caps := c.Store.Caps()
	return actor.Config{
		Clock:  clock,
		Coarse: coarse,
		Stage:  stage,
		Store:  c.Store,
		Settings: actor.Settings{
			Name:          c.Name,
			Owner:         owner,
			Store:         actor.Traits{Shared: caps.Shared, Durable: caps.Durable},
			Margin:        c.Margin,
			Window:        c.Window,
			LeafTimeout:   c.LeafTimeout,
			SaveTimeout:   c.SaveTimeout,
			QueueFor:      c.QueueFor,
			HoldFor:       c.HoldFor,
			BackoffMax:    c.BackoffMax,
			CoolDownMax:   c.CoolDownMax,
			Claim:         c.Claim,
			ForceInterval: c.ForceInterval,
			HoldAtMost:    c.HoldAtMost,
			Retries:       c.Retries,
		}.WithDefaults(),
		InFlight:     c.InFlight,
		Rate:         c.Rate,
		IdleAfter:    c.IdleAfter,
		MaxUnwatched: c.MaxUnwatched,
		Logger:       c.Logger,
	}
}

// stage returns the Stage that a clock of package simulate brings, and who makes claims.
func (c Config) stage() (s actor.Stage, owner string) {
	if door, ok := c.Clock.(actor.Doorkeeper); ok {
		return door, door.Owner()
	}
	return nil, c.Name + "/" + randomName()
}

func randomName() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // documented never to return an error
	return hex.EncodeToString(b[:])
}
