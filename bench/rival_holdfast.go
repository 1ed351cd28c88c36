package main

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/holdfast-go/holdfast/sessions"
)

// This library, with as many callers held as there are and no rate of its own,
// unless the scenario asks for one.
func holdfast() rival {
	return rival{
		name:   "holdfast",
		role:   ours,
		module: "github.com/holdfast-go/holdfast",
		open:   openHoldfast,
	}
}

type holdfastKeeper struct {
	manager  *sessions.Manager
	sessions []*sessions.Session
}

func openHoldfast(e *endpoint, o options) (keeper, error) {
	manager, err := sessions.Open(holdfastConfig(o))
	if err != nil {
		return nil, err
	}
	k := &holdfastKeeper{manager: manager}
	kind := sessions.ClientCredentials(holdfastEndpoint(e), sessions.Subject{})
	for i := range o.sessions {
		s, err := manager.Session(keyOf(i), kind)
		if err != nil {
			return nil, err
		}
		k.sessions = append(k.sessions, s)
	}
	return k, nil
}

func holdfastEndpoint(e *endpoint) sessions.Endpoint {
	return sessions.Endpoint{
		TokenURL:   tokenURL,
		ClientID:   "client",
		Auth:       sessions.Basic("secret"),
		HTTPClient: e.client(),
	}
}

func holdfastConfig(o options) sessions.Config {
	return sessions.Config{
		Store:      o.store,
		HoldAtMost: 1_000_000,
		Retries:    o.retries,
		InFlight:   o.inFlight,
		Rate:       cmp.Or(o.rate, 1e9),
		IdleAfter:  o.idleAfter,
	}
}

func (k *holdfastKeeper) token(ctx context.Context, session int) (string, error) {
	return k.sessions[session].AccessToken(ctx)
}

func (k *holdfastKeeper) renew(ctx context.Context, session int) error {
	return k.sessions[session].Refresh(ctx)
}

func (k *holdfastKeeper) spin(n int) error {
	ctx, s := context.Background(), k.sessions[0]
	for range n {
		if t, err := s.AccessToken(ctx); err != nil || t == "" {
			return cmp.Or(err, error(noToken))
		}
	}
	return nil
}

func (k *holdfastKeeper) walk(order []int) error {
	ctx := context.Background()
	for _, i := range order {
		if t, err := k.sessions[i].AccessToken(ctx); err != nil || t == "" {
			return cmp.Or(err, error(noToken))
		}
	}
	return nil
}

func (k *holdfastKeeper) seek(keys []string) error {
	ctx := context.Background()
	for _, key := range keys {
		s, ok := k.manager.Lookup(key)
		if !ok {
			return noToken
		}
		if t, err := s.AccessToken(ctx); err != nil || t == "" {
			return cmp.Or(err, error(noToken))
		}
	}
	return nil
}

func (k *holdfastKeeper) authorize(req *http.Request, n int) error {
	s := k.sessions[0]
	for range n {
		if err := s.Authorize(req); err != nil {
			return err
		}
	}
	return nil
}

func (k *holdfastKeeper) transport(base http.RoundTripper) (http.RoundTripper, error) {
	return k.sessions[0].Client(&http.Client{Transport: base}, resourceOrigin).Transport, nil
}

func (k *holdfastKeeper) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return k.manager.Close(ctx)
}
