package main

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"time"

	"k8s.io/client-go/transport"
	"k8s.io/klog/v2"
)

// client-go: NewCachedTokenSource over a source of new tokens, and
// ResettableTokenSourceWrapTransport.
func clientGo() rival {
	return rival{
		name:   "client-go",
		role:   library,
		module: "k8s.io/client-go",
		open:   openClientGo,
		cannot: map[string]string{"cancel": noContext},
	}
}

type clientGoKeeper struct {
	*handles[*clientGoSession]
}

type clientGoSession struct {
	source transport.ResettableTokenSource
}

func openClientGo(e *endpoint, o options) (keeper, error) {
	// It logs every failure, which is its business but would take its time on a terminal.
	klog.SetSlogLogger(slog.New(slog.DiscardHandler))
	e.renewEvery(0, o)
	h, err := newHandles(o.sessions, func(int) (*clientGoSession, error) {
		return &clientGoSession{transport.NewCachedTokenSource(e.source())}, nil
	})
	return &clientGoKeeper{h}, err
}

func (k *clientGoKeeper) token(_ context.Context, session int) (string, error) {
	t, err := k.all[session].source.Token()
	if err != nil {
		return "", err
	}
	return t.AccessToken, nil
}

func (k *clientGoKeeper) renew(_ context.Context, session int) error {
	k.all[session].source.ResetTokenOlderThan(time.Now())
	_, err := k.all[session].source.Token()
	return err
}

func (k *clientGoKeeper) spin(n int) error {
	source := k.all[0].source
	for range n {
		if t, err := source.Token(); err != nil || t.AccessToken == "" {
			return cmp.Or(err, error(noToken))
		}
	}
	return nil
}

func (k *clientGoKeeper) walk(order []int) error {
	for _, i := range order {
		if t, err := k.all[i].source.Token(); err != nil || t.AccessToken == "" {
			return cmp.Or(err, error(noToken))
		}
	}
	return nil
}

func (k *clientGoKeeper) seek(keys []string) error {
	for _, key := range keys {
		if t, err := k.find(key).source.Token(); err != nil || t.AccessToken == "" {
			return cmp.Or(err, error(noToken))
		}
	}
	return nil
}

func (k *clientGoKeeper) transport(base http.RoundTripper) (http.RoundTripper, error) {
	return transport.ResettableTokenSourceWrapTransport(k.all[0].source)(base), nil
}
