package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/store"
)

// resumed is what became of the sessions that the store had from an earlier run.
type resumed struct {
	goOn, revoked, loggedIn int
}

// String says it in words.
func (r resumed) String() string {
	text := fmt.Sprintf("%s sessions of earlier runs go on", grouped(r.goOn))
	if r.revoked > 0 {
		text += fmt.Sprintf(", %s stays revoked", grouped(r.revoked))
	}
	if r.loggedIn > 0 {
		text += fmt.Sprintf(", and for %s a human had to log in again", grouped(r.loggedIn))
	}
	return text
}

// findKept looks which tenants the store has sessions of.
func findKept(ctx context.Context, in store.Store, tenants []*tenant) error {
	for _, t := range tenants {
		switch _, err := in.Load(ctx, t.key, 0); {
		case err == nil:
			t.kept = true
		case !errors.Is(err, store.ErrNotFound):
			return fmt.Errorf("look for the session of %s: %w", t.name, err)
		}
	}
	return nil
}

// patience is how long the renewals are waited for that were under way in a process that
// was killed. In a store that others share nobody can tell it from one that is slow.
const patience = time.Minute

// resume asks each session that was kept for a token, all at once.
func (w *world) resume(ctx context.Context, t *tally) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	defer time.AfterFunc(2*time.Second, func() {
		_, _ = fmt.Fprintln(os.Stderr, "gateway: waiting for the renewals that were under way when an earlier run was killed")
	}).Stop()
	var all sync.WaitGroup
	var mu sync.Mutex // guards the fields of the world, and the errors
	var errs []error
	for _, who := range w.tenants {
		if !who.kept {
			continue
		}
		all.Go(func() {
			err := who.waits(ctx)
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, w.goesOn(ctx, who, err, t))
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// waits returns when the session has a token that need not be renewed yet, or will have
// none.
func (t *tenant) waits(ctx context.Context) error {
	for {
		_, err := t.session.AccessToken(ctx)
		if err == nil && t.isStale(ctx) {
			err = t.session.Refresh(ctx)
		}
		after, ok := sessions.RetryAfter(err)
		if !ok || !sleep(ctx, max(after, 100*time.Millisecond)) {
			return err
		}
	}
}

// isStale reports whether the session has a token that it is time to renew, when it has
// looked at the store.
func (t *tenant) isStale(ctx context.Context) bool {
	status := t.session.Status()
	for status.Renewing && sleep(ctx, 10*time.Millisecond) {
		status = t.session.Status()
	}
	return status.State == "Stale"
}

// goesOn counts what became of a session. A tenant whose refresh token may have been
// spent by a process that was killed logs in again.
func (w *world) goesOn(ctx context.Context, who *tenant, err error, t *tally) error {
	switch {
	case err == nil:
		w.resumed.goOn++
		return nil
	case errors.Is(err, sessions.ErrRevoked):
		w.resumed.revoked++
		who.revoked = true
		t.revokedBefore(who.name)
		return nil
	case errors.Is(err, sessions.ErrLoginRequired):
		w.resumed.loggedIn++
		who.kept = false
		return who.open(ctx, w.manager, w.services)
	}
	return fmt.Errorf("go on with the session of %s: %w", who.name, err)
}
