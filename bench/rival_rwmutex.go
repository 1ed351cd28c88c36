package main

import (
	"cmp"
	"context"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

// What one writes first: a token behind a sync.RWMutex, renewed by who finds it old.
func rwMutex() rival {
	return rival{
		name: "RWMutex",
		role: homeMade,
		open: openRWMutex,
	}
}

// homeMadeEarly is how long before its expiry the home-made ones renew a token.
const homeMadeEarly = 10 * time.Second

type lockedToken struct {
	mint func(context.Context) (*oauth2.Token, error)

	mu    sync.RWMutex // guards token
	token *oauth2.Token
}

func (l *lockedToken) get(ctx context.Context) (string, error) {
	l.mu.RLock()
	t := l.token
	l.mu.RUnlock()
	if isGood(t) {
		return t.AccessToken, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if isGood(l.token) { // somebody was here
		return l.token.AccessToken, nil
	}
	t, err := l.mint(ctx)
	if err != nil {
		return "", err
	}
	l.token = t
	return t.AccessToken, nil
}

func isGood(t *oauth2.Token) bool { return t != nil && time.Until(t.Expiry) > homeMadeEarly }

func (l *lockedToken) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.token = nil
}

type rwMutexKeeper struct{ *handles[*lockedToken] }

func openRWMutex(e *endpoint, o options) (keeper, error) {
	e.renewEvery(homeMadeEarly, o)
	h, err := newHandles(o.sessions, func(int) (*lockedToken, error) { return &lockedToken{mint: e.mint}, nil })
	return &rwMutexKeeper{h}, err
}

func (k *rwMutexKeeper) token(ctx context.Context, session int) (string, error) {
	return k.all[session].get(ctx)
}

func (k *rwMutexKeeper) renew(ctx context.Context, session int) error {
	k.all[session].drop()
	_, err := k.all[session].get(ctx)
	return err
}

func (k *rwMutexKeeper) spin(n int) error {
	ctx, l := context.Background(), k.all[0]
	for range n {
		if t, err := l.get(ctx); err != nil || t == "" {
			return cmp.Or(err, error(noToken))
		}
	}
	return nil
}

func (k *rwMutexKeeper) walk(order []int) error {
	ctx := context.Background()
	for _, i := range order {
		if t, err := k.all[i].get(ctx); err != nil || t == "" {
			return cmp.Or(err, error(noToken))
		}
	}
	return nil
}

func (k *rwMutexKeeper) seek(keys []string) error {
	ctx := context.Background()
	for _, key := range keys {
		if t, err := k.find(key).get(ctx); err != nil || t == "" {
			return cmp.Or(err, error(noToken))
		}
	}
	return nil
}
