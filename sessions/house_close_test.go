package sessions_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/store"
)

// ends closes a Manager and says how long that took.
func (h *house) ends(ctx context.Context) (took time.Duration, err error) {
	start := h.clock.Now()
	err = h.mgr.Close(ctx)
	return h.clock.Now().Sub(start), err
}

func TestCloseTellsEveryCallerAtOnce(t *testing.T) {
	inHouse(t, sessions.Config{}, func(h *house) {
		h.server.becomes(isSilent)
		held := []*crowd{h.asks(500, h.clientCredentials("cc")), h.asks(500, h.expired("login"))}
		h.passes(time.Second)
		if _, err := h.ends(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
		for _, c := range held {
			a := c.told(t)
			h.wants(a.err, sessions.ErrClosed)
			if a.after != time.Second {
				t.Errorf("told after %s, want when Close was called: 1s", a.after)
			}
		}
	})
}

func TestNothingRunsAfterClose(t *testing.T) {
	// A bubble of testing/synctest fails if a goroutine is left; what Close leaves
	// behind is what a story here does not release. Each returns how long Close may
	// take.
	for name, story := range map[string]func(*house) time.Duration{
		"unused": func(*house) time.Duration { return 0 },
		"a subscriber": func(h *house) time.Duration {
			h.mgr.Subscribe(func(messages.Event) {})
			h.gets(h.clientCredentials("k"))
			return 0
		},
		"a timer": func(h *house) time.Duration {
			h.gets(h.session(h.mgr, "k", sessions.KeepAlive(sessions.Anonymous(h.endpoint()))))
			return 0
		},
		"a silent server": func(h *house) time.Duration {
			h.server.becomes(isSilent)
			h.asks(100, h.clientCredentials("k"))
			return 0
		},
		"a silent server and a refresh token": func(h *house) time.Duration {
			h.server.becomes(isSilent)
			h.asks(100, h.expired("k"))
			return 10 * time.Second
		},
		"a retry": func(h *house) time.Duration {
			h.server.becomes(answers(429, "", "Retry-After", "2"))
			h.asks(100, h.expired("k"))
			return 0
		},
		"a slow slot": func(h *house) time.Duration {
			h.server.becomes(isSilent)
			for _, key := range strings.Fields("a b c d e f g h") {
				h.asks(10, h.clientCredentials(key))
			}
			return 0
		},
		"a renewal behind a valid token": func(h *house) time.Duration {
			s := h.clientCredentials("k")
			h.gets(s)
			h.passes(55 * time.Minute)
			h.server.becomes(isSilent)
			h.gets(s)
			return 0
		},
		"a revocation": func(h *house) time.Duration {
			s := h.clientCredentials("k")
			h.gets(s)
			h.server.becomes(isSilent)
			go func() { h.wants(s.Revoke(context.Background()), sessions.ErrClosed) }()
			return 10 * time.Second
		},
	} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, sessions.Config{InFlight: 2}, func(h *house) {
				limit := story(h)
				h.settles()
				took, err := h.ends(context.Background())
				if err != nil || took > limit {
					t.Errorf("close took %s: %v; want at most %s", took, err, limit)
				}
			})
		})
	}
}

func TestNoGoroutineIsLeftAfterClose(t *testing.T) {
	// Outside of a bubble, where the clock of the hot path has a goroutine of its own.
	// A goroutine that has said that it ends may still be counted for a moment, so
	// one round proves nothing; a goroutine a round would.
	const rounds = 300
	before := runtime.NumGoroutine()
	for range rounds {
		silent := make(chan struct{}, 1)
		mgr, err := sessions.Open(sessions.Config{})
		if err != nil {
			t.Fatal(err)
		}
		mgr.Subscribe(func(messages.Event) {})
		s, err := mgr.Session("k", sessions.Anonymous(endpointOf(transport(func(r *http.Request) (*http.Response, error) {
			silent <- struct{}{}
			<-r.Context().Done()
			return nil, r.Context().Err()
		}))))
		if err != nil {
			t.Fatal(err)
		}
		var held sync.WaitGroup
		for range 10 {
			held.Go(func() {
				_, err := s.AccessToken(context.Background())
				wants(t, err, sessions.ErrClosed)
			})
		}
		<-silent
		if err := mgr.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
		held.Wait()
	}
	if left := runtime.NumGoroutine() - before; left > rounds/10 {
		t.Errorf("%d goroutines are left after %d rounds", left, rounds)
	}
}

// transport is a function as an http.RoundTripper.
type transport func(*http.Request) (*http.Response, error)

// RoundTrip calls t.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

func TestCloseWaitsForARotatingMintAndSavesIt(t *testing.T) {
	inSharedHouse(t, sessions.Config{Name: "one"}, func(h *house) {
		h.server.becomes(takes(3*time.Second, grants))
		held := h.asks(10, h.expired("k"))
		h.passes(time.Second)
		took, err := h.ends(context.Background())
		if err != nil || took != 2*time.Second {
			t.Errorf("close took %s: %v; want the 2s that the server still needs", took, err)
		}
		h.wants(held.told(t).err, sessions.ErrClosed)

		next := h.opens(h.config)
		defer h.closes(next)
		s := h.session(next, "k", sessions.Persistent(h.endpoint(), messages.Token{}))
		h.gets(s)
		h.counts(1)
		h.passes(time.Hour)
		h.gets(s)
		asked := h.server.asked()
		if len(asked) != 2 || asked[1].form.Get("refresh_token") != canary+"refresh-1" {
			t.Errorf("the next Manager has not gone on with the rotated refresh token: %d requests", len(asked))
		}
	})
}

func TestCloseSaysWhichSessionItCouldNotWaitFor(t *testing.T) {
	inHouse(t, sessions.Config{}, func(h *house) {
		h.server.becomes(isSilent)
		h.asks(10, h.expired("the-one"))
		h.settles()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		took, err := h.ends(ctx)
		if took != time.Second {
			t.Errorf("close took %s, want its context's 1s", took)
		}
		h.wants(err, context.DeadlineExceeded)
		if err == nil || !strings.Contains(err.Error(), `session "the-one"`) {
			t.Errorf("close does not name the session: %v", err)
		}
		h.discreet(err)
		h.passes(20 * time.Second) // the request has a deadline of its own
		if err := h.mgr.Close(context.Background()); err != nil {
			t.Errorf("second close: %v", err)
		}
	})
}

func TestCloseSavesWhatIsUnsaved(t *testing.T) {
	inSharedHouse(t, sessions.Config{}, func(h *house) {
		s := h.expired("k")
		h.server.becomes(takes(time.Second, grants))
		held := h.asks(10, s)
		h.passes(500 * time.Millisecond)
		h.store.troubles(works, is(store.ErrUnavailable))
		held.served(t)
		h.passes(30 * time.Second)
		if !s.Status().Unsaved {
			t.Fatal("the pair is not unsaved")
		}
		h.store.troubles(works, works)
		if took, err := h.ends(context.Background()); err != nil || took > time.Second {
			t.Errorf("close took %s: %v", took, err)
		}
		next := h.opens(h.config)
		defer h.closes(next)
		h.gets(h.session(next, "k", sessions.Persistent(h.endpoint(), messages.Token{})))
		h.counts(1)
	})
}

func TestCloseSaysWhatItCouldNotSave(t *testing.T) {
	inSharedHouse(t, sessions.Config{}, func(h *house) {
		s := h.expired("lost")
		h.server.becomes(takes(time.Second, grants))
		held := h.asks(10, s)
		h.passes(500 * time.Millisecond)
		h.store.troubles(works, is(store.ErrUnavailable))
		held.served(t)
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		took, err := h.ends(ctx)
		h.wants(err, sessions.ErrUnavailable)
		if took != 5*time.Second || err == nil || !strings.Contains(err.Error(), `session "lost"`) {
			t.Errorf("close took %s: %v", took, err)
		}
		h.settles()
		writes := h.store.swapsCalls
		h.passes(24 * time.Hour)
		if h.store.swapsCalls > writes {
			t.Errorf("%d writes after Close has given up", h.store.swapsCalls-writes)
		}
	})
}

func TestCloseOutlivesAStoreThatHangs(t *testing.T) {
	for name, trouble := range map[string]trouble{"until its deadline": hangs, "for ever": nil} {
		t.Run(name, func(t *testing.T) {
			inSharedHouse(t, sessions.Config{}, func(h *house) {
				freed := make(chan struct{})
				if trouble == nil {
					trouble = hangsUntil(freed)
				}
				h.store.troubles(trouble, trouble)
				held := h.asks(10, h.expired("k"))
				h.passes(time.Second)
				ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
				defer cancel()
				took, err := h.ends(ctx)
				h.wants(held.told(t).err, sessions.ErrClosed)
				if name == "for ever" {
					h.wants(err, context.DeadlineExceeded)
				} else if err != nil || took > 10*time.Second {
					t.Errorf("close took %s: %v", took, err)
				}
				close(freed)
			})
		})
	}
}

func TestAfterCloseEveryAskIsClosed(t *testing.T) {
	inHouse(t, sessions.Config{}, func(h *house) {
		s := h.persistent("k")
		at := h.gets(s)
		h.closes(h.mgr)
		ctx := context.Background()
		_, tokenErr := s.Token(ctx)
		_, atErr := s.AccessToken(ctx)
		_, openErr := h.mgr.Session("other", sessions.Anonymous(h.endpoint()))
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://api.example/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		for name, err := range map[string]error{
			"Token": tokenErr, "AccessToken": atErr, "Session": openErr,
			"Authorize": s.Authorize(req), "Refresh": s.Refresh(ctx), "Revoke": s.Revoke(ctx),
			"Reject": s.Reject(ctx, at, nil),
		} {
			if !errors.Is(err, sessions.ErrClosed) {
				t.Errorf("%s after Close: %v, want ErrClosed", name, err)
			}
		}
		if len(req.Header) != 0 {
			t.Error("Authorize has changed the request")
		}
		h.counts(0)
	})
}

func TestCloseWhileSessionsAreOpenedAndAsked(t *testing.T) {
	inHouse(t, sessions.Config{}, func(h *house) {
		var all sync.WaitGroup
		for i := range 200 {
			key := strings.Repeat("k", 1+i%20)
			all.Go(func() {
				s, err := h.mgr.Session(key, sessions.Anonymous(h.endpoint()))
				if err == nil {
					_, err = s.AccessToken(context.Background())
				}
				if err != nil && !errors.Is(err, sessions.ErrClosed) {
					t.Errorf("asked while closing: %v", err)
				}
			})
		}
		if err := h.mgr.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
		all.Wait()
	})
}
