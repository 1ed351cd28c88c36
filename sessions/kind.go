package sessions

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"hash"
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
	// ErrInvalid, naming the field, or ErrNotSupported.
	plan() (plan, error)
}

// plan is how the sessions of a kind work.
type plan struct {
	endpoint Endpoint
	rules    *actor.Rules

	// form returns the grant's own fields of one token request.
	form func(actor.Mint) []wire.Field

	// sign does so where they are signed and say what time it is; nil: form does.
	// The error is a messages.Failure.
	sign func(now time.Time) ([]wire.Field, error)
}

// newPlan is the plan of a kind at an endpoint. identity is what, beside the
// endpoint, tells its sessions from others.
func newPlan(kind string, e Endpoint, rules actor.Rules, form func(actor.Mint) []wire.Field, identity ...string) plan {
	d := digest{sha256.New()}
	d.strings(kind)
	e.identity(&d)
	d.list(identity)
	d.Sum(rules.Identity[:0])
	rules.Revocable = e.RevokeURL != ""
	return plan{endpoint: e, rules: &rules, form: form}
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

// requests makes the requests of one session.
type requests struct {
	plan   plan
	client *wire.Client
	skew   *skew
}

func (p plan) requests(c *wire.Client) *requests {
	_, signs := p.endpoint.Auth.(signing)
	return &requests{plan: p, client: c, skew: &skew{grant: p.sign != nil, client: signs}}
}

// follow goes on with what the requests of the session before have learned of the
// server's clock.
func (r *requests) follow(before actor.Endpoint) {
	if b, ok := before.(*requests); ok && b.skew.grant == r.skew.grant && b.skew.client == r.skew.client {
		r.skew = b.skew
	}
}

var _ actor.Endpoint = (*requests)(nil)

// Mint asks the token endpoint for a token.
func (r *requests) Mint(ctx context.Context, now time.Time, m actor.Mint) (messages.Token, error) {
	e := r.plan.endpoint
	grant, err := r.grant(now, m)
	if err != nil {
		return messages.Token{}, err
	}
	req, err := r.request(now, e.TokenURL, append(grant, e.fields()...))
	if err != nil {
		return messages.Token{}, err
	}
	req.ClientIP, req.Attempt = m.ClientIP, m.Attempt
	token, err := r.client.Token(ctx, now, req)
	return token, r.skew.heard(now, *req.Date, err)
}

func (r *requests) grant(now time.Time, m actor.Mint) ([]wire.Field, error) {
	if r.plan.sign != nil {
		return r.plan.sign(r.skew.correct(now))
	}
	return r.plan.form(m), nil
}

// RevokeToken asks the revocation endpoint to end a token.
func (r *requests) RevokeToken(ctx context.Context, now time.Time, v actor.RevokeToken) error {
	req, err := r.request(now, r.plan.endpoint.RevokeURL, []wire.Field{{Name: "token", Value: v.Token.Reveal()}})
	if err != nil {
		return err
	}
	req.ClientIP, req.Attempt = v.ClientIP, v.Attempt
	err = r.client.Revoke(ctx, now, req)
	return r.skew.heard(now, *req.Date, err)
}

func (r *requests) request(now time.Time, url string, form []wire.Field) (wire.Request, error) {
	e := r.plan.endpoint
	credentials, err := e.Auth.credentials(r.skew.correct(now), e)
	if err != nil {
		return wire.Request{}, err
	}
	return wire.Request{URL: url, Form: form, Header: e.Header, Credentials: credentials, Date: new(time.Time)}, nil
}
