package sessions_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/store"
)

func TestEstablishedSessionGivesOutPermissionsAndRenewsThem(t *testing.T) {
	inEachServiceHouse(t, func(h *house, as *service) {
		s := h.session(h.mgr, "k", as.kind("id"))
		h.getsNone(s, sessions.ErrNotEstablished)
		h.establishes(s)
		first := h.gets(s)
		if got := first; got != canary+"permission-id-1" {
			t.Errorf("served with %q", got)
		}
		h.passes(2 * time.Second)
		if err := s.Refresh(context.Background()); err != nil {
			t.Fatalf("refresh: %v", err)
		}
		second := h.gets(s)
		if second == first {
			t.Error("after a Refresh the token is the same")
		}
		h.passes(13 * time.Minute) // stale: served, and renewed behind
		if h.gets(s) != second {
			t.Error("a stale token is not given out")
		}
		h.settles()
		if third := h.gets(s); third == second {
			t.Error("a stale token is not renewed")
		}
		if spent := as.last(t, 3).Refresh; spent != canary+"renewal-id-2" {
			t.Errorf("renewed from %q", spent)
		}
		h.passes(time.Hour) // asleep, and over
		h.gets(s)
		as.last(t, 4)
	})
}

func TestRefreshTokenThatHasRunOutNeedsAnEstablish(t *testing.T) {
	inEachServiceHouse(t, func(h *house, as *service) {
		as.refreshLife = time.Hour
		s := h.session(h.mgr, "k", as.kind("id"))
		h.establishes(s)
		h.passes(61 * time.Minute)
		for range 3 {
			h.getsNone(s, sessions.ErrLoginRequired)
			h.wants(s.Refresh(context.Background()), sessions.ErrLoginRequired)
			h.passes(time.Hour)
		}
		as.last(t, 1) // nobody is asked what is known
		h.establishes(s)
		h.gets(s)
		as.last(t, 2)
	})
}

func TestRefusedRefreshTokenNeedsAnEstablish(t *testing.T) {
	inEachServiceHouse(t, func(h *house, as *service) {
		s := h.session(h.mgr, "k", as.kind("id"))
		h.establishes(s)
		as.end("id")
		h.passes(time.Hour)
		for range 3 {
			h.getsNone(s, sessions.ErrLoginRequired)
		}
		as.last(t, 2)
		h.establishes(s)
		if got := h.gets(s); got != canary+"permission-id-2" {
			t.Errorf("served with %q", got)
		}
	})
}

func TestEstablishReplacesTheGrant(t *testing.T) {
	inEachServiceHouse(t, func(h *house, as *service) {
		s := h.session(h.mgr, "k", as.kind("id"))
		h.establishes(s)
		first := h.gets(s)
		h.passes(time.Minute)
		h.establishes(s, proof+"-again")
		if h.gets(s) == first {
			t.Error("the older token is still given out")
		}
		h.passes(15 * time.Minute)
		h.gets(s)
		if spent := as.last(t, 3).Refresh; spent != canary+"renewal-id-2" {
			t.Errorf("renewed from %q", spent)
		}
	})
}

func TestParallelSessionsAreToldApartByTheirTokenID(t *testing.T) {
	inEachServiceHouse(t, func(h *house, as *service) {
		phone, desktop := h.session(h.mgr, "phone", as.kind("phone")), h.session(h.mgr, "desktop", as.kind("desktop"))
		h.establishes(phone)
		h.getsNone(desktop, sessions.ErrNotEstablished)
		h.establishes(desktop)
		h.passes(time.Minute)
		h.establishes(phone) // ends the older refresh token of the phone only
		h.passes(time.Hour)
		for name, s := range map[string]*sessions.Session{"phone": phone, "desktop": desktop} {
			if got := h.gets(s); !strings.HasPrefix(got, canary+"permission-"+name) {
				t.Errorf("the %s is served with %q", name, got)
			}
		}
		as.last(t, 5)
	})
}

// restartsService closes the house's Manager and opens another one over the same store.
func (h *house) restartsService(as *service) *sessions.Session {
	h.Helper()
	h.closes(h.mgr)
	h.mgr = h.opens(h.config)
	return h.session(h.mgr, "k", as.kind("id"))
}

func TestEstablishedSessionGoesOnAfterARestart(t *testing.T) {
	inServiceHouse(t, sessions.Config{}, func(h *house, as *service) {
		s := h.session(h.mgr, "k", as.kind("id"))
		h.establishes(s)
		at := h.gets(s)
		s = h.restartsService(as)
		if h.gets(s) != at {
			t.Error("after a restart another token is given out")
		}
		as.last(t, 1)
		h.passes(time.Hour)
		s = h.restartsService(as)
		h.gets(s)
		if spent := as.last(t, 2).Refresh; spent != canary+"renewal-id-1" {
			t.Errorf("renewed from %q", spent)
		}
		h.passes(31 * 24 * time.Hour)
		s = h.restartsService(as)
		h.getsNone(s, sessions.ErrLoginRequired)
		as.last(t, 2) // the record knows when its refresh token has run out
	})
}

func TestCallersWaitForAnEstablishAndShareItsToken(t *testing.T) {
	inEachServiceHouse(t, func(h *house, as *service) {
		as.becomes(needs(time.Second, permits))
		s := h.session(h.mgr, "k", as.kind("id"))
		for range 2 { // not established; run out
			var login sync.WaitGroup
			login.Go(func() {
				if err := s.Establish(context.Background(), proof); err != nil {
					t.Errorf("establish: %v", err)
				}
			})
			h.settles()
			callers := h.asks(50, s)
			h.passes(time.Second)
			login.Wait()
			callers.served(t)
			h.passes(31 * 24 * time.Hour)
		}
		as.last(t, 2)
	})
}

func TestEachEstablishIsAGrantOfItsOwn(t *testing.T) {
	inEachServiceHouse(t, func(h *house, as *service) {
		as.becomes(needs(time.Second, permits))
		s := h.session(h.mgr, "k", as.kind("id"))
		var logins sync.WaitGroup
		for range 5 {
			logins.Go(func() {
				if err := s.Establish(context.Background(), proof); err != nil {
					t.Errorf("establish: %v", err)
				}
			})
		}
		h.passes(5 * time.Second)
		logins.Wait()
		if got := h.gets(s); got != canary+"permission-id-5" || as.mostAtOnce() != 1 {
			t.Errorf("served with %q, %d requests at once", got, as.mostAtOnce())
		}
		h.passes(time.Hour)
		callers := h.asks(1, s)
		h.passes(time.Second)
		callers.served(t)
		if spent := as.last(t, 6).Refresh; spent != canary+"renewal-id-5" {
			t.Errorf("renewed from %q", spent)
		}
	})
}

func TestEstablishWaitsForTheRenewalUnderWay(t *testing.T) {
	inEachServiceHouse(t, func(h *house, as *service) {
		s := h.session(h.mgr, "k", as.kind("id"))
		h.establishes(s)
		h.passes(13 * time.Minute)
		as.becomes(needs(time.Second, permits))
		old := h.gets(s) // stale: renewed behind
		h.settles()
		var login sync.WaitGroup
		login.Go(func() {
			if err := s.Establish(context.Background(), proof+"-late"); err != nil {
				t.Errorf("establish: %v", err)
			}
		})
		h.settles()
		if h.gets(s) != old {
			t.Error("the old token is not given out meanwhile")
		}
		h.passes(2 * time.Second)
		login.Wait()
		if got := h.gets(s); got != canary+"permission-id-3" || as.mostAtOnce() != 1 {
			t.Errorf("served with %q, %d requests at once", got, as.mostAtOnce())
		}
	})
}

func TestEstablishThatFailsLeavesWhatWasThere(t *testing.T) {
	for name, test := range map[string]struct {
		proof string
		then  conduct
		want  error
	}{
		"refused proof":     {canary + "stolen", permits, sessions.ErrLoginRequired},
		"a proxy's 403":     {proof, always(http.StatusForbidden, "<html>"), sessions.ErrUnavailable},
		"a proxy's 200":     {proof, always(http.StatusOK, "<html>"), sessions.ErrUnavailable},
		"another's answer":  {proof, always(http.StatusOK, `{"requestId":"`+canary+`","data":{"permissionToken":{"permissionToken":"x"}}}`), sessions.ErrUnavailable},
		"503":               {proof, always(http.StatusServiceUnavailable, ""), sessions.ErrUnavailable},
		"an OAuth code":     {proof, always(http.StatusBadRequest, `{"error":"invalid_grant"}`), sessions.ErrLoginRequired},
		"connection lost":   {proof, func(*service, call) (*http.Response, error) { return nil, errors.New(canary) }, sessions.ErrUnavailable},
		"no answer in time": {proof, needs(time.Hour, permits), sessions.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			inServiceHouse(t, sessions.Config{}, func(h *house, as *service) {
				s := h.session(h.mgr, "k", as.kind("id"))
				as.becomes(test.then)
				err := s.Establish(context.Background(), test.proof)
				h.wants(err, test.want)
				h.discreet(err)
				h.getsNone(s, sessions.ErrNotEstablished)
				as.becomes(permits)
				h.passes(time.Minute)
				h.establishes(s)
				at := h.gets(s)
				as.becomes(test.then)
				err = s.Establish(context.Background(), test.proof)
				h.wants(err, test.want)
				h.discreet(err)
				if h.gets(s) != at {
					t.Error("the old token is not given out any more")
				}
				as.becomes(permits)
				h.passes(15 * time.Minute)
				h.gets(s)
			})
		})
	}
}

func TestPermissionWithoutARefreshTokenIsServedToItsEnd(t *testing.T) {
	inEachServiceHouse(t, func(h *house, as *service) {
		as.becomes(func(s *service, c call) (*http.Response, error) {
			return s.says(http.StatusOK, c, fmt.Sprintf(`,"data":{"permissionToken":{"permissionToken":"%spermission","expiresAt":%d}}`,
				canary, s.clock.Now().Add(s.life).Unix()))
		})
		s := h.session(h.mgr, "k", as.kind("id"))
		for range 2 {
			h.establishes(s)
			h.gets(s)
			h.passes(13 * time.Minute)
			h.gets(s)
			h.passes(2 * time.Minute)
			h.getsNone(s, sessions.ErrLoginRequired)
		}
		as.last(t, 2)
	})
}

func TestRefusalByAProxyEndsNoGrant(t *testing.T) {
	inServiceHouse(t, sessions.Config{}, func(h *house, as *service) {
		s := h.session(h.mgr, "k", as.kind("id"))
		h.establishes(s)
		h.passes(time.Hour)
		as.becomes(always(http.StatusForbidden, "<html>blocked"))
		h.getsNone(s, sessions.ErrUnavailable)
		as.becomes(permits)
		h.comesBack(s)
	})
}

func TestRevokeForgetsPermissionsAndConfirmsNothing(t *testing.T) {
	inServiceHouse(t, sessions.Config{}, func(h *house, as *service) {
		s := h.session(h.mgr, "k", as.kind("id"))
		h.establishes(s)
		h.passes(time.Second)
		for range 2 {
			h.wants(s.Revoke(context.Background()), sessions.ErrNotSupported)
			h.getsNone(s, sessions.ErrRevoked)
		}
		entry, err := h.store.Store.Load(context.Background(), "k", 0)
		if err != nil || !entry.Gone || bytes.Contains(entry.Value, []byte(canary)) {
			t.Errorf("the store has %q, %v", entry.Value, err)
		}
		s = h.restartsService(as)
		h.getsNone(s, sessions.ErrRevoked)
		as.last(t, 1)
		h.passes(time.Second)
		h.establishes(s)
		if got := h.gets(s); got != canary+"permission-id-2" {
			t.Errorf("served with %q", got)
		}
	})
}

func TestPermissionIsNotGivenOutAfterRevoke(t *testing.T) {
	inServiceHouse(t, sessions.Config{}, func(h *house, as *service) {
		s := h.session(h.mgr, "k", as.kind("id"))
		h.establishes(s)
		h.wants(h.withdraws(4, s, func(string) error { return s.Revoke(context.Background()) }), sessions.ErrNotSupported)
	})
}

func TestServicesClockMayBeWrong(t *testing.T) {
	for _, ahead := range []time.Duration{-3 * time.Hour, 3 * time.Hour} {
		inServiceHouse(t, sessions.Config{}, func(h *house, as *service) {
			as.ahead = ahead
			s := h.session(h.mgr, "k", as.kind("id"))
			h.establishes(s)
			tok, err := s.Token(context.Background())
			if life := tok.Lifetime(); err != nil || life != 15*time.Minute {
				t.Errorf("clock ahead by %v: life %v, %v", ahead, life, err)
			}
			if left := s.Status().RefreshExpiry.Sub(h.clock.Now()); left != as.refreshLife {
				t.Errorf("clock ahead by %v: the refresh token has %v left", ahead, left)
			}
		})
	}
}

func TestKeepAliveRenewsPermissionsAndIdleSessionsDoNot(t *testing.T) {
	for keep, want := range map[bool]int{false: 1, true: 7} {
		inServiceHouse(t, sessions.Config{}, func(h *house, as *service) {
			k := as.kind("id")
			if keep {
				k = sessions.KeepAlive(k)
			}
			h.establishes(h.session(h.mgr, "k", k))
			h.passes(time.Hour)
			if got := len(as.asked()); got < want-1 || got > want+1 || !keep && got != 1 {
				t.Errorf("kept alive %t: %d requests in an hour, want about %d", keep, got, want)
			}
		})
	}
}

func TestEstablishOfAnotherProcessIsTakenUp(t *testing.T) {
	inServiceHouse(t, sessions.Config{}, func(h *house, as *service) {
		other := h.opens(h.config)
		defer h.closes(other)
		here, there := h.session(h.mgr, "k", as.kind("id")), h.session(other, "k", as.kind("id"))
		h.establishes(here)
		if h.gets(there) != h.gets(here) {
			t.Error("two processes give out two tokens")
		}
		h.passes(time.Minute)
		h.establishes(there)
		h.settles()
		if h.gets(there) != h.gets(here) {
			t.Error("the other process has not heard of the Establish")
		}
		h.passes(time.Hour)
		h.gets(here)
		h.gets(there)
		as.last(t, 3)
	})
}

func TestEstablishedTokenThatCannotBeSavedIsGivenOut(t *testing.T) {
	inServiceHouse(t, sessions.Config{}, func(h *house, as *service) {
		s := h.session(h.mgr, "k", as.kind("id"))
		h.store.troubles(works, func(context.Context) error { return store.ErrUnavailable })
		h.establishes(s)
		at := h.gets(s)
		if !s.Status().Unsaved {
			t.Error("the session does not say that it is unsaved")
		}
		h.store.troubles(works, works)
		h.passes(time.Minute)
		if s = h.restartsService(as); h.gets(s) != at {
			t.Error("it was not saved after all")
		}
	})
}

func TestCallerWhoLeavesDoesNotEndHisEstablish(t *testing.T) {
	inEachServiceHouse(t, func(h *house, as *service) {
		as.becomes(needs(time.Second, permits))
		s := h.session(h.mgr, "k", as.kind("id"))
		ctx, leave := context.WithCancelCause(context.Background())
		over := make(chan error, 1)
		go func() { over <- s.Establish(ctx, proof) }()
		h.settles()
		gone := errors.New("gone")
		leave(gone)
		h.wants(<-over, gone)
		callers := h.asks(3, s)
		h.passes(time.Second)
		callers.served(t)
		h.wants(s.Establish(ctx, proof), gone)
		as.last(t, 1)
	})
}

func TestNoProofAndNoPermissionIsSaid(t *testing.T) {
	var said, logged safeBuffer
	logger := slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug - 100}))
	inServiceHouse(t, sessions.Config{Logger: logger}, func(h *house, as *service) {
		stop := h.mgr.Subscribe(func(ev messages.Event) { said.write(printed(ev)) })
		defer stop()
		k := as.kind(bird)
		s := h.session(h.mgr, "k", k)
		parrots := func(status int, members string) conduct {
			return func(s *service, c call) (*http.Response, error) {
				return s.says(status, c, members+`,"echo":"`+strings.ReplaceAll(c.body, `"`, `\"`)+`"`)
			}
		}
		for _, then := range []conduct{
			permits,
			parrots(http.StatusUnauthorized, ""),
			parrots(http.StatusForbidden, `,"error":"`+proof+bird+`"`),
			parrots(http.StatusBadRequest, `,"error":"`+proof+bird+`"`),
			parrots(http.StatusInternalServerError, ""),
			parrots(http.StatusOK, `,"data":{"permissionToken":{"permissionToken":"`+canary+`\n"}}`),
			always(http.StatusOK, `{"requestId":"`+canary+`"}`),
			func(*service, call) (*http.Response, error) { return nil, errors.New(proof + bird) },
			permits,
		} {
			as.becomes(then)
			said.write(printed(s.Establish(context.Background(), proof+bird)))
			h.passes(16 * time.Minute)
			_, err := s.AccessToken(context.Background())
			said.write(printed(err), printed(s.Status()), printed(s), printed(k), printed(as.described()))
			h.passes(10 * time.Minute)
		}
		said.write(printed(s.Establish(context.Background(), proof, "")), printed(s.Revoke(context.Background())))
	})
	for name, text := range map[string]string{"said": said.String(), "logged": logged.String()} {
		form := leaks(text)
		if strings.Contains(text, canary) || form != "" || text == "" {
			t.Errorf("a secret is %s:\n%s%s", name, linesWith(text, canary), linesWith(text, form))
		}
	}
}
