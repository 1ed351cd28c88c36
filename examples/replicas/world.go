package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/conformance/authserver"
	"github.com/holdfast-go/holdfast/examples/internal/stores"
	"github.com/holdfast-go/holdfast/examples/internal/web"
	"github.com/holdfast-go/holdfast/store/natsstore/embedded"
)

// world is what the workers share.
type world struct {
	nats   *embedded.Server // nil: the store is somewhere else
	store  string           // what the workers are told; it may hold a password
	auth   *authserver.Server
	ledger *ledger
	site   *web.Site
	secret string  // of the client
	logins []login // one for each session
}

const (
	// namespace tells the sessions of this program from those of others in a store.
	namespace = "holdfast_replicas"

	// slowest is the longest that the authorization server takes for a token.
	slowest = 200 * time.Millisecond
)

// openWorld starts what the workers need. When it fails what was started is closed.
func openWorld(ctx context.Context, s settings) (*world, error) {
	w := &world{store: s.where, secret: rand.Text()}
	if err := w.open(ctx, s); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

func (w *world) open(ctx context.Context, s settings) error {
	if s.where == embeddedNATS {
		if err := w.startNATS(); err != nil {
			return err
		}
	}
	if err := w.tryStore(ctx); err != nil {
		return err
	}
	if err := w.startAuth(s); err != nil {
		return err
	}
	run := rand.Text()[:8]
	for i := range s.sessions {
		if err := w.logIn(fmt.Sprintf("%s/session-%03d", run, i)); err != nil {
			return err
		}
	}
	return nil
}

// startNATS starts a server that asks for a password: others on this machine could
// connect, and read tokens.
func (w *world) startNATS() (err error) {
	password := rand.Text()
	w.nats, err = embedded.Start(embedded.Options{Listen: "127.0.0.1:0", User: "worker", Password: password})
	if err != nil {
		return err
	}
	at := url.URL{Scheme: "nats", User: url.UserPassword("worker", password), Host: strings.TrimPrefix(w.nats.URL(), "nats://")}
	w.store = at.String()
	return nil
}

// tryStore opens the store once, so that one that cannot be used is told of once.
func (w *world) tryStore(ctx context.Context) error {
	place, err := stores.Parse(w.store)
	if err != nil {
		return err
	}
	s, err := place.Open(ctx, stores.Options{Name: namespace})
	if err != nil {
		return err
	}
	return s.Close()
}

func (w *world) startAuth(s settings) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	client := authserver.DefaultClient()
	client.Secret = w.secret
	w.auth, err = authserver.New(authserver.Config{
		Issuer: "http://" + l.Addr().String(), Lifetime: s.lifetime, Grace: s.grace, Clients: []authserver.Client{client},
	})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	w.auth.SetFaults(authserver.Faults{Latency: slowest})
	w.ledger = newLedger(w.auth.Handler())
	paths := http.NewServeMux()
	paths.Handle(authserver.TokenPath, w.ledger)
	paths.Handle("/", w.auth.Handler())
	w.site = web.Serve(l, paths)
	return nil
}

func (w *world) logIn(key string) error {
	pair, err := w.auth.Login(authserver.DefaultClient().ID, key)
	if err != nil {
		return err
	}
	w.logins = append(w.logins, login{
		Key: key, Access: pair.Access, Refresh: pair.Refresh, Issued: pair.Issued, Expiry: pair.Expiry,
	})
	return nil
}

// order is what a worker is started with.
func (w *world) order(name string, s settings) order {
	return order{
		Name: name, Store: w.store, Namespace: namespace,
		TokenURL: w.auth.URL() + authserver.TokenPath, RevokeURL: w.auth.URL() + authserver.RevokePath, Secret: w.secret,
		Grace: s.grace, Sessions: w.logins,
	}
}

// close ends what open has started.
func (w *world) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	var errs []error
	if w.site != nil {
		errs = append(errs, w.site.Close(ctx))
	}
	if w.auth != nil {
		errs = append(errs, w.auth.Close())
	}
	if w.nats != nil {
		errs = append(errs, w.nats.Close())
	}
	return errors.Join(errs...)
}
