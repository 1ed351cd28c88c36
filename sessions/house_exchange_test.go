package sessions_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

func read(scopes ...string) messages.Exchange { return messages.Exchange{Scopes: scopes} }

// exchanges has n callers ask for the same exchange at once.
func (h *house) exchanges(n int, s *sessions.Session, x messages.Exchange) *crowd {
	c := &crowd{answers: make([]answer, n)}
	start := h.clock.Now()
	for i := range n {
		c.group.Go(func() {
			tok, err := s.Exchange(context.Background(), x)
			c.answers[i] = answer{token: tok.Access.Reveal(), err: err, after: h.clock.Now().Sub(start)}
		})
	}
	return c
}

// exchanged returns the exchanges that the server was asked for.
func (s *server) exchanged() (all []request) {
	for _, r := range s.asked() {
		if r.form.Has("subject_token") {
			all = append(all, r)
		}
	}
	return all
}

func TestThousandCallersOfOneExchangeAreOneRequest(t *testing.T) {
	inHouse(t, sessions.Config{}, func(h *house) {
		h.server.becomes(takes(time.Second, grants))
		s := h.clientCredentials("k")
		sub := h.exchanges(1000, s, read("a", "b")).served(t)
		if again := h.exchanges(10, s, read("b", "a", "b")).served(t); again != sub {
			t.Error("the order of the scopes makes a difference")
		}
		if other := h.exchanges(10, s, read("a")).served(t); other == sub {
			t.Error("other scopes make no difference")
		}
		if n := len(h.server.exchanged()); n != 2 {
			t.Errorf("%d exchanges, want one for each set", n)
		}
		h.counts(3)
	})
}

func TestSixteenExchangesOfASessionAreUnderWayAtOnce(t *testing.T) {
	inHouse(t, sessions.Config{}, func(h *house) {
		s := h.clientCredentials("k")
		h.gets(s)
		h.server.becomes(takes(time.Second, grants))
		var crowds []*crowd
		for i := range 50 {
			crowds = append(crowds, h.exchanges(3, s, read(fmt.Sprint("scope", i))))
		}
		for _, c := range crowds {
			c.served(t)
		}
		if most := h.server.mostAtOnce(); most != 16 {
			t.Errorf("%d at once, want 16", most)
		}
		h.counts(51)
	})
}

func TestExchangesCountAgainstTheBoundOfTheEndpoint(t *testing.T) {
	inHouse(t, sessions.Config{InFlight: 3}, func(h *house) {
		h.server.becomes(takes(time.Second, grants))
		var crowds []*crowd
		for _, s := range h.many(5) {
			crowds = append(crowds, h.exchanges(5, s, read("a")), h.exchanges(5, s, read("b")))
		}
		for _, c := range crowds {
			c.served(t)
		}
		if most := h.server.mostAtOnce(); most != 3 {
			t.Errorf("%d requests at once, want InFlight: 3", most)
		}
		h.counts(15)
	})
}

func TestExchangeOfATokenThatTheServerHasEndedRenewsItOnce(t *testing.T) {
	inHouse(t, sessions.Config{}, func(h *house) {
		s := h.persistent("k")
		h.gets(s)
		h.server.becomes(refusesSubjects(1, grants))
		h.exchanges(20, s, read("a")).served(t)
		if got := h.heard(); got != "Acquired Renewed" {
			t.Errorf("heard %s", got)
		}
		h.server.becomes(refusesSubjects(10, grants))
		a := h.exchanges(20, s, read("b")).told(t)
		h.wants(a.err, sessions.ErrInvalid)
		h.discreet(a.err)
		if st := s.Status(); st.State != "Fresh" || st.Generation != 2 {
			t.Errorf("the session is %s, generation %d", st.State, st.Generation)
		}
	})
}

// refusesSubjects refuses that many subject tokens.
func refusesSubjects(times int, then behaviour) behaviour {
	var mu sync.Mutex
	return func(s *server, r request) (*http.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		if r.form.Has("subject_token") && times > 0 {
			times--
			return says(http.StatusBadRequest, `{"error":"invalid_request"}`)
		}
		return then(s, r)
	}
}

func TestRevokeAndRejectTakeWhatWasExchangedAlong(t *testing.T) {
	inHouse(t, sessions.Config{}, func(h *house) {
		s := h.clientCredentials("k")
		at := h.gets(s)
		first := h.exchanges(1, s, read("a")).served(t)
		h.wants(s.Reject(context.Background(), at, nil), nil)
		second := h.exchanges(1, s, read("a")).served(t)
		h.wants(s.Revoke(context.Background()), nil)
		third := h.exchanges(1, s, read("a")).served(t)
		if first == second || second == third {
			t.Error("a token was given out after its parent's end")
		}
		h.wants(s.Reject(context.Background(), third, nil), nil)
		fourth := h.exchanges(1, s, read("a")).served(t)
		if fourth == third {
			t.Error("a rejected token was given out again")
		}
		err := s.Reject(context.Background(), fourth, nil)
		h.wants(err, sessions.ErrUnavailable)
		if after, ok := sessions.RetryAfter(err); !ok || after != 10*time.Second {
			t.Errorf("retry after %s, want ForceInterval", after)
		}
		if got := h.heard(); got != "Acquired Rejected Renewed Revoked Acquired Rejected" {
			t.Errorf("heard %s", got)
		}
	})
}

func TestBadAnswerToAnExchangeCostsTheSessionNothing(t *testing.T) {
	for _, c := range badAnswers {
		t.Run(c.name, func(t *testing.T) {
			inHouse(t, sessions.Config{}, func(h *house) {
				s := h.persistent("k")
				before := h.gets(s)
				h.server.becomes(onlyExchanges(c.server))
				crowd := h.exchanges(20, s, read("a"))
				crowd.group.Wait()
				for _, a := range crowd.answers {
					if a.after > 35*time.Second {
						t.Fatalf("told after %s, want within HoldFor", a.after)
					}
					h.discreet(a.err)
				}
				if st := s.Status(); st.State != "Fresh" {
					t.Errorf("the session is %s", st.State)
				}
				if at := h.gets(s); at != before && s.Status().Generation == 1 {
					t.Error("the session has another token")
				}
				h.server.becomes(grants)
				h.passes(10 * time.Minute)
				h.exchanges(20, s, read("a")).served(t)
			})
		})
	}
}

// onlyExchanges is a server that treats exchanges in its own way.
func onlyExchanges(b behaviour) behaviour {
	return func(s *server, r request) (*http.Response, error) {
		if r.form.Has("subject_token") {
			return b(s, r)
		}
		return grants(s, r)
	}
}

func TestExchangedTokenNeverOutlivesItsParent(t *testing.T) {
	for seed := range 30 {
		inVirtualHouse(t, sessions.Config{}, func(h *house) {
			rng := rand.New(rand.NewPCG(uint64(seed), 1))
			parents := map[string]time.Time{}
			h.server.becomes(grantsFor(rng, parents))
			s := h.clientCredentials("k")
			for range 60 {
				sub, err := s.Exchange(context.Background(), read(fmt.Sprint(rng.IntN(4))))
				h.outlivesNobody(sub, err, parents)
				h.passes(time.Duration(rng.Int64N(int64(20 * time.Minute))))
			}
		})
	}
}

// outlivesNobody checks a token against the one that the server says it was exchanged for.
func (h *house) outlivesNobody(sub messages.Token, err error, parents map[string]time.Time) {
	h.Helper()
	h.server.mu.Lock()
	defer h.server.mu.Unlock()
	end, known := parents[sub.Extra["parent"]]
	switch {
	case err != nil:
		h.Errorf("told %v", err)
	case !known:
		h.Fatalf("a token of an unknown parent %q", sub.Extra["parent"])
	case sub.Expiry.After(end):
		h.Errorf("it ends %s after its parent", sub.Expiry.Sub(end))
	case !h.clock.Now().Before(sub.Expiry):
		h.Errorf("it ended %s ago", h.clock.Now().Sub(sub.Expiry))
	}
}

// grantsFor is a server whose tokens live as long as chance has it. It writes down
// when those end that can be exchanged.
func grantsFor(rng *rand.Rand, parents map[string]time.Time) behaviour {
	return func(s *server, r request) (*http.Response, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.issued++
		life := []int{5, 60, 600, 3600, 7200, 86400}[rng.IntN(6)]
		if !r.form.Has("subject_token") {
			life = max(life, 60)
			parents[fmt.Sprintf("%saccess-%d", canary, s.issued)] = s.clock.Now().Add(time.Duration(life) * time.Second)
		}
		return says(http.StatusOK, fmt.Sprintf(`{"access_token":"%saccess-%d","token_type":"Bearer","expires_in":%d,"parent":"%s"}`,
			canary, s.issued, life, r.form.Get("subject_token")))
	}
}
