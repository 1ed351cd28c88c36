package sessions

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"net/http"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast/actor"
	"github.com/holdfast-go/holdfast/internal/wire"
	"github.com/holdfast-go/holdfast/messages"
)

// Kind says what a session is and how it gets its tokens: Anonymous,
// ClientCredentials, Persistent, … A Kind is a value that can be used for many
// sessions. It prints without secrets.
type Kind interface {
	// plan checks the kind and returns how its sessions work. The error is
	// ErrInvalid, naming the field.
	plan() (*plan, error)
}

// once has the plan of a kind made once, for all the sessions that are opened with it.
func once(k Kind) Kind { return &planned{kindName(fmt.Sprint(k)), sync.OnceValues(k.plan)} }

type planned struct {
	kindName
	memo func() (*plan, error)
}

func (k *planned) plan() (*plan, error) { return k.memo() }

// plan is how the sessions of a kind work.
type plan struct {
	rules    *actor.Rules
	tokenURL string       // whose bound the requests share
	over     *http.Client // that makes them; nil: the Manager's own
	made     *made

	// requests returns what makes the requests of one session, or of all where
	// learns is false.
	requests func(*wire.Client) requester
	learns   bool
}

// made is what the sessions that a Manager opens with one kind have in common.
type made struct {
	mu      sync.Mutex // guards the fields below
	manager *Manager
	client  *wire.Client
	shared  *actor.Endpoint // nil: each has its own
}

// endpoint returns what makes the requests of a session of m.
func (p *plan) endpoint(m *Manager) *actor.Endpoint {
	p.made.mu.Lock()
	defer p.made.mu.Unlock()
	if p.made.manager != m {
		p.made.manager, p.made.client, p.made.shared = m, m.over(p.over), nil
	}
	if p.made.shared != nil {
		return p.made.shared
	}
	e := actor.Endpoint(p.requests(p.made.client))
	if !p.learns {
		p.made.shared = &e
	}
	return &e
}

// requester makes the requests of one session.
type requester interface {
	actor.Endpoint

	// checkExchange returns ErrInvalid naming the field of an exchange that is
	// wrong, or ErrNotSupported.
	checkExchange(messages.Exchange) error

	// follow goes on with what the requester of the session before, of the same
	// identity, has learned.
	follow(before actor.Endpoint)
}

// grant makes the grant's own fields of a token request, in one of two ways.
type grant struct {
	form func(actor.Mint) []wire.Field

	// sign does so where they are signed and say what time it is. The error is a
	// messages.Failure.
	sign func(now time.Time) ([]wire.Field, error)
}

// newPlan is the plan of a kind at an endpoint. identity is what, beside the
// endpoint, tells its sessions from others.
func newPlan(kind string, e Endpoint, rules actor.Rules, g grant, identity ...string) *plan {
	d := digest{sha256.New()}
	d.strings(kind)
	e.identity(&d)
	d.list(identity)
	d.Sum(rules.Identity[:0])
	rules.Revocable = e.RevokeURL != ""
	_, signs := e.Auth.(signing)
	learns := signs || g.sign != nil
	return &plan{
		rules:    &rules,
		tokenURL: e.TokenURL,
		over:     e.HTTPClient,
		made:     &made{},
		learns:   learns,
		requests: func(c *wire.Client) requester {
			r := &requests{endpoint: &e, grant: &g, client: c}
			if learns {
				r.skew = &skew{grant: g.sign != nil, client: signs}
			}
			return r
		},
	}
}

// digest hashes a list of texts so that no two lists are alike.
type digest struct{ hash.Hash }

func (d *digest) strings(parts ...string) {
	for _, part := range parts {
		d.length(len(part))
		d.Write([]byte(part))
	}
}

func (d *digest) list(parts []string) {
	d.length(len(parts))
	d.strings(parts...)
}

func (d *digest) length(n int) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	d.Write(b[:])
}
