package main

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"golang.org/x/oauth2"
)

// golang.org/x/oauth2: ReuseTokenSource over a source of new tokens, and Transport.
func xOAuth2() rival {
	return rival{
		name:   "x/oauth2",
		role:   library,
		module: "golang.org/x/oauth2",
		open:   openXOAuth2,
		cannot: map[string]string{"cancel": noContext},
	}
}

// tokenSource makes an oauth2.TokenSource of a function.
type tokenSource func() (*oauth2.Token, error)

// Token implements oauth2.TokenSource.
func (f tokenSource) Token() (*oauth2.Token, error) { return f() }

// source is the endpoint as a source of new tokens.
func (e *endpoint) source() oauth2.TokenSource {
	return tokenSource(func() (*oauth2.Token, error) { return e.mint(context.Background()) })
}

type oauth2Keeper struct{ *handles[*oauth2Session] }

type oauth2Session struct{ source oauth2.TokenSource }

// oauth2Early is the last part of a token's life in which ReuseTokenSource does not
// give it out: defaultExpiryDelta of token.go.
const oauth2Early = 10 * time.Second

func openXOAuth2(e *endpoint, o options) (keeper, error) {
	e.renewEvery(oauth2Early, o)
	h, err := newHandles(o.sessions, func(int) (*oauth2Session, error) {
		return &oauth2Session{oauth2.ReuseTokenSource(nil, e.source())}, nil
	})
	return &oauth2Keeper{h}, err
}

func (k *oauth2Keeper) token(_ context.Context, session int) (string, error) {
	t, err := k.all[session].source.Token()
	if err != nil {
		return "", err
	}
	return t.AccessToken, nil
}

func (k *oauth2Keeper) spin(n int) error {
	source := k.all[0].source
	for range n {
		if t, err := source.Token(); err != nil || t.AccessToken == "" {
			return cmp.Or(err, error(noToken))
		}
	}
	return nil
}

func (k *oauth2Keeper) walk(order []int) error {
	for _, i := range order {
		if t, err := k.all[i].source.Token(); err != nil || t.AccessToken == "" {
			return cmp.Or(err, error(noToken))
		}
	}
	return nil
}

func (k *oauth2Keeper) seek(keys []string) error {
	for _, key := range keys {
		if t, err := k.find(key).source.Token(); err != nil || t.AccessToken == "" {
			return cmp.Or(err, error(noToken))
		}
	}
	return nil
}

func (k *oauth2Keeper) authorize(req *http.Request, n int) error {
	source := k.all[0].source
	for range n {
		t, err := source.Token()
		if err != nil {
			return err
		}
		t.SetAuthHeader(req)
	}
	return nil
}

func (k *oauth2Keeper) transport(base http.RoundTripper) (http.RoundTripper, error) {
	return &oauth2.Transport{Source: k.all[0].source, Base: base}, nil
}
