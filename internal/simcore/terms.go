package simcore

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/actor"
	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/store"
)

// Terms are what a world is made of.
type Terms struct {
	Processes   int
	Kinds       []string // one for each session
	Life        time.Duration
	RefreshLife time.Duration `json:",omitzero"` // zero: for ever

	Shared  bool // the processes know that they share the store
	Durable bool
	Claims  bool // the store keeps claims; false: it forgets them

	Strict   bool          // reuse of a refresh token kills its family
	Keeps    bool          `json:",omitzero"` // a refresh token can be used again, and no other is sent
	OneLogin bool          `json:",omitzero"` // a login ends the refresh tokens of those before it
	NoAccess bool          `json:",omitzero"` // access tokens cannot be revoked by themselves
	Grace    time.Duration `json:",omitzero"` // in which a spent refresh token is accepted
	Limit    int           `json:",omitzero"` // requests a second; zero: no limit

	Revokes, Logins, Stops bool `json:"-"` // whether somebody wants that; the events say who does

	HoldAtMost, Retries, InFlight   int           `json:",omitzero"`
	Rate                            float64       `json:",omitzero"`
	HoldFor, CoolDownMax, IdleAfter time.Duration `json:",omitzero"`

	MaxUnwatched time.Duration `json:",omitzero"`
	Tombstones   time.Duration `json:",omitzero"` // for which the watch remembers one; zero: for ever
}

func (t *Terms) settings() actor.Settings {
	return actor.Settings{
		Store:       actor.Traits{Shared: t.Shared, Durable: t.Durable},
		HoldAtMost:  t.HoldAtMost,
		Retries:     t.Retries,
		HoldFor:     t.HoldFor,
		CoolDownMax: t.CoolDownMax,
	}.WithDefaults()
}

func (t *Terms) inFlight() int { return cmp.Or(t.InFlight, 64) }

func (t *Terms) rate() float64 { return cmp.Or(t.Rate, 1000) }

func (t *Terms) idleAfter() time.Duration { return cmp.Or(t.IdleAfter, 10*time.Minute) }

func (t *Terms) maxUnwatched() time.Duration { return cmp.Or(t.MaxUnwatched, 10*time.Minute) }

func (t *Terms) tombstones() time.Duration { return cmp.Or(t.Tombstones, store.Forever) }

// kind is a kind of session, as the machine knows it.
type kind struct {
	name  string
	rules actor.Rules
	given bool // it is opened with a token
}

// kinds are the kinds that a world can have.
var kinds = []kind{
	{"anonymous", actor.Rules{Revocable: true, Exchanging: actor.OwnToken}, false},
	{"client_credentials", actor.Rules{Revocable: true, Exchanging: actor.ByRequest}, false},
	{"client_token", actor.Rules{}, false},
	{"jwt_bearer", actor.Rules{Revocable: true, Exchanging: actor.ByRequest}, false},
	{"persistent", actor.Rules{OneTime: true, Human: true, Revocable: true, Exchanging: actor.ByRequest}, true},
	{"persistent_without_revocation", actor.Rules{OneTime: true, Human: true, Exchanging: actor.ByRequest}, true},
	{"persistent_renewal_revokes", actor.Rules{OneTime: true, Human: true, RenewalRevokes: true, Revocable: true, Exchanging: actor.ByRequest}, true},
	{"persistent_reuse_grace", actor.Rules{OneTime: true, Human: true, Revocable: true, Exchanging: actor.ByRequest}, true},
	{"authorization", actor.Rules{OneTime: true, Human: true, Unborn: true, Proofs: true, Forgets: true}, false},
	{"static", actor.Rules{Human: true, Revocable: true, Exchanging: actor.ByRequest}, true},
	{"keep_alive_client_credentials", actor.Rules{KeepAlive: true, Revocable: true, Exchanging: actor.ByRequest}, false},
	{"keep_alive_persistent", actor.Rules{OneTime: true, Human: true, KeepAlive: true, Revocable: true, Exchanging: actor.ByRequest}, true},
	{"keep_alive_authorization", actor.Rules{OneTime: true, Human: true, Unborn: true, KeepAlive: true, Proofs: true, Forgets: true}, false},
}

// KindNames are the names of all kinds.
func KindNames() []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.name
	}
	return names
}

func kindNamed(name string) (kind, error) {
	for _, k := range kinds {
		if k.name == name {
			return k, nil
		}
	}
	return kind{}, fmt.Errorf("unknown kind %q; there are: %s", name, strings.Join(KindNames(), ", "))
}

// rulesOf makes the rules of a session, and the token that it is opened with.
func (w *World) rulesOf(i int) {
	k, err := kindNamed(w.script.Terms.Kinds[i])
	if err != nil {
		panic("BUG: " + err.Error())
	}
	w.kinds[i] = k
	r := k.rules
	r.Identity = messages.Digest{1, byte(i), byte(i >> 8)}
	if k.name == "persistent_reuse_grace" {
		r.ReuseGrace = w.script.Terms.Grace
	}
	if k.given {
		r.Given = w.humanLogin(i)
	}
	w.rules[i] = r
}

// humanLogin is a human who logs in elsewhere, and brings what he gets.
func (w *World) humanLogin(i int) messages.Token {
	p := pair{session: i, family: w.server.login(i, false), life: w.script.Terms.Life, issued: w.now, expiry: w.now + w.script.Terms.Life}
	n := w.server.issue(p)
	issued := epoch.Add(w.now)
	w.known[i].given = issued
	t := messages.Token{Access: accessOf(n), Issued: issued, Expiry: issued.Add(p.life)}
	if w.kinds[i].rules.OneTime {
		t.Refresh = refreshOf(n)
		if d := w.script.Terms.RefreshLife; d > 0 {
			t.RefreshExpiry = issued.Add(d)
		}
	}
	return t
}
