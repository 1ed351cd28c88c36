package main

import (
	"cmp"
	"context"
	"time"

	"cloud.google.com/go/auth"
)

// cloud.google.com/go/auth: NewCachedTokenProvider over a provider of new tokens. Its
// middleware for requests is in httptransport, which needs gRPC and some 20 more
// modules; it is left out.
func cloudAuth() rival {
	return rival{
		name:   "cloud auth",
		role:   library,
		module: "cloud.google.com/go/auth",
		open:   openCloudAuth,
		cannot: map[string]string{"renewals": noForce},
	}
}

// tokenProvider makes an auth.TokenProvider of a function.
type tokenProvider func(context.Context) (*auth.Token, error)

// Token implements auth.TokenProvider.
func (f tokenProvider) Token(ctx context.Context) (*auth.Token, error) { return f(ctx) }

type cloudKeeper struct{ *handles[*cloudSession] }

type cloudSession struct{ provider auth.TokenProvider }

// cloudEarly is how long before its expiry a token is renewed behind the callers, by default.
const cloudEarly = 225 * time.Second

func openCloudAuth(e *endpoint, o options) (keeper, error) {
	e.renewEvery(cloudEarly, o)
	provider := tokenProvider(func(ctx context.Context) (*auth.Token, error) {
		t, err := e.mint(ctx)
		if err != nil {
			return nil, err
		}
		return &auth.Token{Value: t.AccessToken, Type: t.TokenType, Expiry: t.Expiry}, nil
	})
	h, err := newHandles(o.sessions, func(int) (*cloudSession, error) {
		return &cloudSession{auth.NewCachedTokenProvider(provider, nil)}, nil
	})
	return &cloudKeeper{h}, err
}

func (k *cloudKeeper) token(ctx context.Context, session int) (string, error) {
	t, err := k.all[session].provider.Token(ctx)
	if err != nil {
		return "", err
	}
	return t.Value, nil
}

func (k *cloudKeeper) spin(n int) error {
	ctx, provider := context.Background(), k.all[0].provider
	for range n {
		if t, err := provider.Token(ctx); err != nil || t.Value == "" {
			return cmp.Or(err, error(noToken))
		}
	}
	return nil
}

func (k *cloudKeeper) walk(order []int) error {
	ctx := context.Background()
	for _, i := range order {
		if t, err := k.all[i].provider.Token(ctx); err != nil || t.Value == "" {
			return cmp.Or(err, error(noToken))
		}
	}
	return nil
}

func (k *cloudKeeper) seek(keys []string) error {
	ctx := context.Background()
	for _, key := range keys {
		if t, err := k.find(key).provider.Token(ctx); err != nil || t.Value == "" {
			return cmp.Or(err, error(noToken))
		}
	}
	return nil
}
