package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/holdfast-go/holdfast/conformance/authserver"
	"github.com/holdfast-go/holdfast/examples/internal/stores"
	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/store"
)

// workerEnv is set in a process that is a worker.
const workerEnv = "HOLDFAST_REPLICAS_WORKER"

// worker is a process of a service that runs several times: what it keeps of a session is
// in the store, and each of them may renew it.
type worker struct {
	order    order
	store    store.Store
	manager  *sessions.Manager
	sessions map[string]*sessions.Session
	callers  sync.WaitGroup
	counted  counted
	says     *mouth
}

// work is the main of a worker. It ends when it is told to, and with the program that
// has started it.
func work(in io.Reader, out io.Writer) (exit int) {
	signal.Ignore(os.Interrupt, syscall.SIGTERM) // the program ends its workers
	hears := json.NewDecoder(bufio.NewReader(in))
	w := &worker{sessions: map[string]*sessions.Session{}, says: &mouth{to: json.NewEncoder(out)}}
	ctx, goHome := context.WithCancel(context.Background())
	defer goHome()
	err := hears.Decode(&w.order)
	if err == nil {
		err = w.open(ctx)
	}
	if err == nil {
		w.says.word(word{Say: ready})
		w.serve(ctx)
		err = w.obey(ctx, hears)
		goHome()
		w.callers.Wait()
	}
	var ends map[string]end
	if err == nil {
		w.count()
		ends = w.lastRound()
	}
	if err = errors.Join(err, w.close()); err != nil {
		w.says.word(word{Say: failed, Error: err.Error()})
		return 1
	}
	w.says.word(word{Say: ended, Ends: w.grown(ends)})
	return 0
}

// grown brings the generations up to date: a renewal that was under way behind the last
// ask has been waited for.
func (w *worker) grown(ends map[string]end) map[string]end {
	for key, e := range ends {
		e.Generation = max(e.Generation, w.sessions[key].Status().Generation)
		ends[key] = e
	}
	return ends
}

// open opens the sessions. Each was logged in once, by whoever has started the first
// worker; the store has gone on from there, and that wins.
func (w *worker) open(ctx context.Context) (err error) {
	place, err := stores.Parse(w.order.Store)
	if err != nil {
		return err
	}
	if w.store, err = place.Open(ctx, stores.Options{Name: w.order.Namespace}); err != nil {
		return err
	}
	if w.manager, err = sessions.Open(sessions.Config{Store: w.store, Name: w.order.Name}); err != nil {
		return err
	}
	for _, l := range w.order.Sessions {
		if w.sessions[l.Key], err = w.manager.Session(l.Key, sessions.Persistent(w.endpoint(l.Key), l.token())); err != nil {
			return err
		}
	}
	return nil
}

// endpoint is the authorization server as its documentation describes it. The headers
// are for the program's own books.
func (w *worker) endpoint(key string) sessions.Endpoint {
	return sessions.Endpoint{
		TokenURL:   w.order.TokenURL,
		RevokeURL:  w.order.RevokeURL,
		ClientID:   authserver.DefaultClient().ID,
		Auth:       sessions.Basic(w.order.Secret),
		ReuseGrace: w.order.Grace,
		Header:     http.Header{sessionHeader: {key}, workerHeader: {w.order.Name}},
	}
}

// pause is how long a caller rests between two calls, on average.
const pause = 20 * time.Millisecond

// serve starts a caller for each session, and counts.
func (w *worker) serve(ctx context.Context) {
	for _, s := range w.sessions {
		w.callers.Go(func() {
			for sleep(ctx, pause/2+rand.N(pause)) && w.call(ctx, s) {
			}
		})
	}
	w.callers.Go(func() {
		for sleep(ctx, time.Second) {
			w.count()
		}
	})
}

// call asks for a token, and reports whether to come again.
func (w *worker) call(ctx context.Context, s *sessions.Session) bool {
	began := time.Now()
	_, err := s.AccessToken(ctx)
	w.counted.add(time.Since(began), err) // also where ctx has cut it short
	if ctx.Err() != nil {
		return false
	}
	if after, ok := sessions.RetryAfter(err); ok {
		return sleep(ctx, after)
	}
	return err == nil || errors.Is(err, sessions.ErrUnavailable)
}

// obey does what it is told until it is told to finish.
func (w *worker) obey(ctx context.Context, hears *json.Decoder) error {
	for {
		var c command
		if err := hears.Decode(&c); err != nil {
			return fmt.Errorf("the program has gone: %w", err)
		}
		switch s := w.sessions[c.Key]; c.Do {
		case watch:
			w.says.word(word{Say: watching, Key: c.Key})
			w.callers.Go(func() { w.watch(ctx, s) })
		case revoke:
			w.callers.Go(func() { w.revoke(ctx, s) })
		case finish:
			return nil
		}
	}
}

// watch asks for a token until it is not given out any more.
func (w *worker) watch(ctx context.Context, s *sessions.Session) {
	var last time.Time
	for sleep(ctx, time.Millisecond) {
		began := time.Now()
		switch _, err := s.AccessToken(ctx); {
		case err == nil:
			last = began
		case errors.Is(err, sessions.ErrRevoked):
			w.says.word(word{Say: gone, Key: s.Key(), At: last})
			return
		}
	}
}

func (w *worker) revoke(ctx context.Context, s *sessions.Session) {
	said := word{Say: revoked, Key: s.Key()}
	if err := s.Revoke(ctx); err != nil {
		said.Error = err.Error()
	}
	said.At = time.Now()
	w.says.word(said)
}

// patience is how long the last round waits for a token: longer than any claim of a
// worker that was killed is respected.
const patience = time.Minute

// lastRound asks for each token once more, and says how each session has ended.
func (w *worker) lastRound() map[string]end {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ends := map[string]end{}
	var all sync.WaitGroup
	var mu sync.Mutex // guards ends
	for key, s := range w.sessions {
		all.Go(func() {
			e := lastAsk(ctx, s)
			mu.Lock()
			defer mu.Unlock()
			ends[key] = e
		})
	}
	all.Wait()
	return ends
}

func lastAsk(ctx context.Context, s *sessions.Session) end {
	for {
		_, err := s.AccessToken(ctx)
		if after, ok := sessions.RetryAfter(err); ok && sleep(ctx, after) {
			continue
		}
		e := end{Generation: s.Status().Generation, Verdict: verdictOf(err)}
		if err != nil {
			e.Error = err.Error()
		}
		return e
	}
}

func verdictOf(err error) verdict {
	switch {
	case err == nil:
		return alive
	case errors.Is(err, sessions.ErrRevoked):
		return wasRevoked
	case errors.Is(err, sessions.ErrOutcomeUnknown):
		return unknown
	case errors.Is(err, sessions.ErrLoginRequired):
		return dead
	}
	return unavailable
}

// close ends what open has started.
func (w *worker) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	var errs []error
	if w.manager != nil {
		errs = append(errs, w.manager.Close(ctx))
	}
	if w.store != nil {
		errs = append(errs, w.store.Close())
	}
	return errors.Join(errs...)
}

func (w *worker) count() {
	calls, refused, longest := w.counted.now()
	w.says.word(word{Say: count, Calls: calls, Refused: refused, Longest: longest})
}

// counted counts calls. It is safe for concurrent use.
type counted struct {
	mu             sync.Mutex // guards the fields below
	calls, refused int
	longest        time.Duration
}

func (c *counted) add(took time.Duration, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls++
	c.longest = max(c.longest, took)
	if errors.Is(err, sessions.ErrUnavailable) {
		c.refused++
	}
}

func (c *counted) now() (calls, refused int, longest time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls, c.refused, c.longest
}

// mouth says one word at a time.
type mouth struct {
	mu sync.Mutex
	to *json.Encoder
}

// word says a word. If nobody hears it, the program has gone, and the worker will
// hear that.
func (m *mouth) word(w word) {
	m.mu.Lock()
	defer m.mu.Unlock()
	_ = m.to.Encode(w)
}

// sleep reports whether ctx was not over meanwhile.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
