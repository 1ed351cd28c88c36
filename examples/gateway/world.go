package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/holdfast-go/holdfast/examples/internal/stores"
	"github.com/holdfast-go/holdfast/examples/internal/web"
	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/store"
)

// world is everything that runs.
type world struct {
	home     *home
	tenants  []*tenant
	services *services
	store    store.Store
	manager  *sessions.Manager
	resumed  resumed
	api      *web.Site
	proxy    *gateway
	gateway  *web.Site
}

// openWorld starts the servers. t is told of every token that the API refuses.
func openWorld(s settings, t *tally) (*world, error) {
	w := &world{}
	if err := w.open(s, t); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

func (w *world) open(s settings, t *tally) (err error) {
	if w.home, err = openHome(s); err != nil {
		return err
	}
	if err = w.openStore(s); err != nil {
		return err
	}
	if err = w.home.settle(); err != nil {
		return err
	}
	w.tenants = newTenants(w.home.facts.World, s.kinds, s.tenants)
	if w.services, err = openServices(s, w.home, w.tenants); err != nil {
		return err
	}
	if err = w.openSessions(s); err != nil {
		return err
	}
	if err = w.resume(context.Background(), t); err != nil {
		return err
	}
	if w.api, err = web.Listen(&api{verify: w.services.verify, refused: w.tellOf(t)}); err != nil {
		return err
	}
	w.proxy = newGateway(w.api.URL, w.tenants)
	w.gateway, err = web.Listen(w.proxy)
	return err
}

func (w *world) openStore(s settings) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), gatewayTimeout)
	defer cancel()
	w.store, err = s.store.Open(ctx, stores.Options{Name: s.namespace, Dir: w.home.path("nats")})
	return err
}

func (w *world) openSessions(s settings) (err error) {
	var logger *slog.Logger // nil: silent
	if s.verbose {
		logger = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	ctx, cancel := context.WithTimeout(context.Background(), gatewayTimeout)
	defer cancel()
	if err := findKept(ctx, w.store, w.tenants); err != nil {
		return err
	}
	if w.manager, err = openManager(w.store, logger); err != nil {
		return err
	}
	for _, t := range w.tenants {
		if err := t.open(ctx, w.manager, w.services); err != nil {
			return fmt.Errorf("open %s: %w", t.name, err)
		}
	}
	return nil
}

// tellOf returns what the API calls with each token that it refuses.
func (w *world) tellOf(t *tally) func(tenant string, why error) {
	return func(tenant string, why error) { t.tokenRefused(tenant, w.services.kinds[tenant].name, why) }
}

// victim is the tenant whom the gateway revokes, nil if none would stay revoked, or all
// are.
func (w *world) victim() *tenant {
	for _, t := range w.tenants {
		if t.kind.ends && !t.revoked {
			return t
		}
	}
	return nil
}

// close ends what open has started, in the order in which one calls the other. It
// returns when all has ended.
func (w *world) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	var errs []error
	if w.gateway != nil {
		errs = append(errs, wrap("close the gateway", w.gateway.Close(ctx)))
		w.proxy.close()
	}
	if w.manager != nil {
		errs = append(errs, wrap("close the sessions", w.manager.Close(ctx)))
	}
	if w.store != nil {
		errs = append(errs, wrap("close the store", w.store.Close()))
	}
	if w.api != nil {
		errs = append(errs, wrap("close the API", w.api.Close(ctx)))
	}
	if w.services != nil {
		errs = append(errs, w.services.close(ctx))
	}
	if w.home != nil {
		w.home.close()
	}
	return errors.Join(errs...)
}

func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}
