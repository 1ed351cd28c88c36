package sessions

import (
	"context"
	"time"

	"github.com/holdfast-go/holdfast/actor"
	"github.com/holdfast-go/holdfast/internal/wire"
	"github.com/holdfast-go/holdfast/messages"
)

// requests makes the requests of one session at an OAuth2 endpoint.
type requests struct {
	endpoint *Endpoint // shared by the sessions of a kind
	grant    *grant
	client   *wire.Client
	skew     *skew // nil: nothing is signed
}

var _ requester = (*requests)(nil)

func (r *requests) follow(before actor.Endpoint) {
	if b, ok := before.(*requests); ok && b.skew != nil && r.skew != nil && b.skew.grant == r.skew.grant && b.skew.client == r.skew.client {
		r.skew = b.skew
	}
}

// Mint asks the token endpoint for a token.
func (r *requests) Mint(ctx context.Context, now time.Time, m actor.Mint) (messages.Token, error) {
	at := r.skew.stampGrant(now)
	form, err := r.form(at, m)
	if err != nil {
		return messages.Token{}, err
	}
	req, err := r.request(at, r.endpoint.TokenURL, append(form, r.endpoint.fields()...))
	if err != nil {
		return messages.Token{}, err
	}
	req.ClientIP, req.Attempt = m.ClientIP, m.Attempt
	token, err := r.client.Token(ctx, now, req)
	return token, r.skew.heard(at, *req.Date, err)
}

func (r *requests) form(at stamp, m actor.Mint) ([]wire.Field, error) {
	if r.grant.sign != nil {
		return r.grant.sign(at.said())
	}
	return r.grant.form(m), nil
}

// RevokeToken asks the revocation endpoint to end a token.
func (r *requests) RevokeToken(ctx context.Context, now time.Time, v actor.RevokeToken) error {
	at := r.skew.stamp(now)
	req, err := r.request(at, r.endpoint.RevokeURL, []wire.Field{{Name: "token", Value: v.Token.Reveal()}})
	if err != nil {
		return err
	}
	req.ClientIP, req.Attempt = v.ClientIP, v.Attempt
	err = r.client.Revoke(ctx, now, req)
	return r.skew.heard(at, *req.Date, err)
}

func (r *requests) request(at stamp, url string, form []wire.Field) (wire.Request, error) {
	credentials, err := r.endpoint.Auth.credentials(at.said(), *r.endpoint)
	if err != nil {
		return wire.Request{}, err
	}
	return wire.Request{URL: url, Form: form, Header: r.endpoint.Header, Credentials: credentials, Date: new(time.Time)}, nil
}
