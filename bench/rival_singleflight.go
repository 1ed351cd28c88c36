package main

import (
	"cmp"
	"context"
	"sync/atomic"

	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"
)

// The best that one writes in an afternoon: a token behind an atomic pointer, renewed
// by a singleflight that looks at every caller's context and runs under none.
func singleFlight() rival {
	return rival{
		name:   "singleflight",
		role:   homeMade,
		module: "golang.org/x/sync",
		open:   openSingleFlight,
	}
}

type sharedToken struct {
	mint   func(context.Context) (*oauth2.Token, error)
	token  atomic.Pointer[oauth2.Token]
	flight singleflight.Group
}

func (s *sharedToken) get(ctx context.Context) (string, error) {
	if t := s.token.Load(); isGood(t) {
		return t.AccessToken, nil
	}
	return s.wait(ctx)
}

func (s *sharedToken) wait(ctx context.Context) (string, error) {
	done := s.flight.DoChan("", func() (any, error) {
		if t := s.token.Load(); isGood(t) { // somebody was here
			return t, nil
		}
		t, err := s.mint(context.WithoutCancel(ctx))
		if err != nil {
			return nil, err
		}
		s.token.Store(t)
		return t, nil
	})
	select {
	case r := <-done:
		if r.Err != nil {
			return "", r.Err
		}
		return r.Val.(*oauth2.Token).AccessToken, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

type singleFlightKeeper struct{ *handles[*sharedToken] }

func openSingleFlight(e *endpoint, o options) (keeper, error) {
	e.renewEvery(homeMadeEarly, o)
	h, err := newHandles(o.sessions, func(int) (*sharedToken, error) { return &sharedToken{mint: e.mint}, nil })
	return &singleFlightKeeper{h}, err
}

func (k *singleFlightKeeper) token(ctx context.Context, session int) (string, error) {
	return k.all[session].get(ctx)
}

func (k *singleFlightKeeper) renew(ctx context.Context, session int) error {
	k.all[session].token.Store(nil)
	_, err := k.all[session].get(ctx)
	return err
}

func (k *singleFlightKeeper) spin(n int) error {
	ctx, s := context.Background(), k.all[0]
	for range n {
		if t, err := s.get(ctx); err != nil || t == "" {
			return cmp.Or(err, error(noToken))
		}
	}
	return nil
}

func (k *singleFlightKeeper) walk(order []int) error {
	ctx := context.Background()
	for _, i := range order {
		if t, err := k.all[i].get(ctx); err != nil || t == "" {
			return cmp.Or(err, error(noToken))
		}
	}
	return nil
}

func (k *singleFlightKeeper) seek(keys []string) error {
	ctx := context.Background()
	for _, key := range keys {
		if t, err := k.find(key).get(ctx); err != nil || t == "" {
			return cmp.Or(err, error(noToken))
		}
	}
	return nil
}
