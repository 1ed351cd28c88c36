package sessions_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/store"
)

// mistakes is what the systems are known to do wrong.
var mistakes = system{
	name: "What they do wrong",
	intro: "Defects of those systems that were seen in runs of their packages, most of them in Box's. The second column is what\n" +
		"one would expect of them, and what is so here.",
	classes: []class{{name: "Defects", replays: []replay{
		{
			theirs: "an error of the refresh (timeout, 5xx) clears the store",
			expect: "only a denied grant is forgotten",
			ours:   "After a timeout, a refused connection, 503 or `invalid_client` the store is as it was, and the same refresh token brings the session back.",
			play: func(st *stage) {
				st.config.Retries = -1
				for _, trouble := range []line{
					tells(http.StatusServiceUnavailable, ""), isDown, saysNothing, tells(http.StatusUnauthorized, `{"error":"invalid_client"}`),
				} {
					shelf := st.hasShelf(lapsed())
					st.answersWith(trouble, handsPair("at-1", "rt-1"))
					s := st.lapsedUser()
					st.turnsAway(s, sessions.ErrUnavailable)
					if strings.Contains(shelf.had(), "clear") || shelf.has().Refresh != "rt-0" {
						st.Errorf("the store had: %s", shelf.had())
					}
					st.passes(5 * time.Minute)
					st.serves(s, "at-1")
					st.sent(refreshForm("rt-0"), refreshForm("rt-0"))
					st.leaves()
				}
			},
		},
		{
			theirs: "a failed store write loses the rotated refresh token",
			expect: "the new refresh token is kept until it is written",
			ours:   "It is kept and served, written again with back-off, saved before it is spent, and waited for by Close.",
			play: func(st *stage) {
				shelf := st.hasShelf(lapsed())
				shelf.fails(nil, errDisk, nil)
				st.answersWith(handsPair("at-1", "rt-1"), handsPair("at-2", "rt-2"))
				s := st.lapsedUser()
				st.serves(s, "at-1")
				st.passes(57 * time.Minute)
				st.turnsAway(s, sessions.ErrUnavailable)
				st.sent(refreshForm("rt-0"))
				shelf.fails(nil, nil, nil)
				st.passes(time.Minute)
				shelf.fails(nil, errDisk, nil)
				st.serves(s, "at-2")
				st.sent(refreshForm("rt-1"))
				closed := make(chan error, 1)
				go func() { closed <- st.mgr.Close(context.Background()) }()
				st.passes(time.Minute)
				shelf.fails(nil, nil, nil)
				st.does(<-closed)
				if got := shelf.has().Refresh.Reveal(); got != "rt-2" {
					st.Errorf("the store has %q", got)
				}
			},
		},
		{
			theirs: "without a store a failure is handed out as if it were a token",
			expect: "an error is an error",
			ours:   "No token comes with an error: Authorize leaves the request as it was, and Client does not send it.",
			play: func(st *stage) {
				st.config.Retries = -1
				st.answersWith(tells(http.StatusServiceUnavailable, ""))
				s := st.lapsedUser()
				st.turnsAway(s, sessions.ErrUnavailable)
				req := requestTo(st.T, "GET", "https://api.box.com/2.0/users/me", nil)
				st.wants(s.Authorize(req), sessions.ErrUnavailable)
				if len(req.Header) != 0 {
					st.Errorf("the request has headers: %v", req.Header)
				}
				st.sent(refreshForm("rt-0"))
				resp, err := s.Client(st.client(), "https://api.box.com").Do(req)
				st.wants(err, sessions.ErrUnavailable)
				if resp != nil {
					_ = resp.Body.Close()
				}
				st.sent()
			},
		},
		{
			theirs: "a renewal that ends after Revoke re-installs a token",
			expect: "what was revoked stays revoked",
			ours:   "What the renewal brings is revoked at the server, the store is empty, and everybody gets ErrRevoked.",
			play: func(st *stage) {
				shelf := st.hasShelf(lapsed())
				st.answersWith(after(2*time.Second, handsPair("at-1", "rt-1")), tells(http.StatusOK, ""), tells(http.StatusOK, ""))
				s := st.lapsedUser()
				held := st.asks(10, s)
				st.passes(time.Second)
				st.does(s.Revoke(context.Background()))
				st.wants(held.told(st.T).err, sessions.ErrRevoked)
				st.turnsAway(s, sessions.ErrRevoked)
				st.sent(refreshForm("rt-0"), revokeForm("rt-1"), revokeForm("at-1"))
				if !shelf.has().IsZero() {
					st.Error("the store has a token")
				}
			},
		},
		{
			theirs: "the first caller's options are used for everybody who joins",
			expect: "a caller's options are his own",
			ours:   "An address goes onto the one request that its caller has started. MinValidity is looked at for each who joins.",
			play: func(st *stage) {
				st.answersWith(after(time.Second, hands("at-1")), hands("at-2"))
				s := st.user()
				first := st.asks(1, s, fromVisitor())
				st.settles()
				joins, demands := st.asks(1, s), st.asks(1, s, sessions.MinValidity(2*time.Hour))
				first.served(st.T)
				joins.served(st.T)
				st.wants(demands.told(st.T).err, sessions.ErrInvalid)
				st.sent(by(userForm))
				st.passes(57 * time.Minute)
				st.serves(s, "at-2")
				st.sent(userForm)
			},
		},
		{
			theirs: "the documented stale buffer is missing",
			expect: "10 min before a token is over it is renewed behind the callers",
			ours:   "It is: between 13 and 8 min before its end (jittered), while callers get the old token at once.",
			play: func(st *stage) {
				st.config.IdleAfter = 2 * time.Hour
				st.answersWith(hands("at-1"), after(5*time.Second, hands("at-2")))
				s := st.user()
				st.serves(s, "at-1")
				st.passes(47*time.Minute - time.Second)
				st.serves(s, "at-1")
				st.settles()
				st.sent(userForm)
				st.passes(5*time.Minute + time.Second)
				if c := st.asks(50, s); c.served(st.T) != "at-1" || c.answers[0].after != 0 {
					st.Errorf("served %q after %s", c.answers[0].token, c.answers[0].after)
				}
				st.settles()
				st.sent(userForm)
				st.passes(5 * time.Second)
				st.serves(s, "at-2")
			},
		},
		{
			theirs: "a retry takes seconds for milliseconds",
			expect: "a pause between two attempts",
			ours:   "200 ms to 2 s between two attempts, growing and jittered.",
			play: func(st *stage) {
				st.answersWith(times(3, tells(http.StatusServiceUnavailable, ""))...)
				st.turnsAway(st.app(), sessions.ErrUnavailable)
				took := st.takes()
				if len(took) != 3 {
					st.Fatalf("%d requests, want 3", len(took))
				}
				for i, r := range took[1:] {
					if pause := r.at - took[i].at; pause < 200*time.Millisecond || pause > 2*time.Second {
						st.Errorf("attempt %d came %s after the one before", i+2, pause)
					}
				}
			},
		},
		{
			theirs: "Retry-After is ignored",
			expect: "the endpoint is left alone for as long as it asks, and callers are told",
			ours:   "As seconds and as a date, for 5 min at most; a Refresh waits as well.",
			play: func(st *stage) {
				st.config.Retries = -1
				for _, after := range []func() string{
					func() string { return "90" },
					func() string { return dateOf(90 * time.Second) },
				} {
					st.answersWith(tells(http.StatusTooManyRequests, "", "Retry-After", after()), hands("at-1"))
					s := st.user()
					st.waits(st.whyNone(s, sessions.ErrUnavailable), 90*time.Second)
					st.passes(90*time.Second - time.Millisecond)
					st.turnsAway(s, sessions.ErrUnavailable)
					st.wants(s.Refresh(context.Background()), sessions.ErrUnavailable)
					st.sent(userForm)
					st.passes(time.Millisecond)
					st.serves(s, "at-1")
					st.sent(userForm)
					st.leaves()
				}
				st.answersWith(tells(http.StatusTooManyRequests, "", "Retry-After", "86400"))
				st.waits(st.whyNone(st.user(), sessions.ErrUnavailable), 5*time.Minute)
				st.sent(userForm)
			},
		},
		{
			theirs: "no timeout, so one silent server hangs every caller",
			expect: "nobody waits for ever",
			ours:   "Each attempt has 10 s and each caller waits 30 s at most; then he gets ErrUnavailable.",
			play: func(st *stage) {
				st.answersWith(times(3, saysNothing)...)
				told := st.asks(50, st.user()).told(st.T)
				st.wants(told.err, sessions.ErrUnavailable)
				if told.after < 20*time.Second || told.after > 30*time.Second {
					st.Errorf("told after %s", told.after)
				}
				st.settles()
				took := st.takes()
				if len(took) != 3 {
					st.Fatalf("%d attempts, want 3", len(took))
				}
				for i, r := range took[1:] {
					if pause := r.at - took[i].at; pause < 10*time.Second || pause > 12*time.Second {
						st.Errorf("attempt %d came %s after the one before", i+2, pause)
					}
				}
			},
		},
		{
			theirs: "revoke answers success on 401",
			expect: "an error, unless the server has confirmed",
			ours:   "ErrUnavailable with what the endpoint said. The tokens are withdrawn all the same, and the next Revoke goes on where this one ended.",
			play: func(st *stage) {
				st.config.Retries = -1
				for _, status := range []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden} {
					st.answersWith(tells(status, ""), tells(http.StatusOK, ""), tells(http.StatusOK, ""))
					s := st.loggedIn()
					st.serves(s, "at-0")
					err := s.Revoke(context.Background())
					st.wants(err, sessions.ErrUnavailable)
					st.blames(err, status, "")
					st.turnsAway(s, sessions.ErrRevoked)
					st.does(s.Revoke(context.Background()))
					st.sent(revokeForm("rt-0"), revokeForm("rt-0"), revokeForm("at-0"))
					st.leaves()
				}
			},
		},
		{
			theirs: "two handles for one grant in one process renew twice",
			expect: "one renewal",
			ours:   "Handles of one key are one session. A second key with the same refresh token is ErrInvalid.",
			play: func(st *stage) {
				st.answersWith(after(time.Second, handsPair("at-1", "rt-1")))
				login := lapsed()
				one, two := st.has(sessions.Persistent(st.box(), login)), st.has(sessions.Persistent(st.box(), login))
				a, b := st.asks(10, one), st.asks(10, two)
				if a.served(st.T) != b.served(st.T) {
					st.Error("the handles have different tokens")
				}
				st.sent(refreshForm("rt-0"))
				login = loginNow()
				login.Refresh = "rt-1"
				if _, err := st.mgr.Session("another key", sessions.Persistent(st.box(), login)); !errors.Is(err, sessions.ErrInvalid) {
					st.Errorf("a second session of one refresh token: %v", err)
				}
			},
		},
		{
			theirs: "an expired pair is adopted from the store and its dead access token served",
			expect: "an expired token is never served",
			ours:   "The pair is adopted to renew from: its refresh token is spent, its access token is not served.",
			play: func(st *stage) {
				old := lapsed()
				old.Access, old.Refresh, old.Issued = "at-elsewhere", "rt-elsewhere", old.Issued.Add(time.Minute)
				shelf := st.hasShelf(lapsed())
				st.answersWith(meanwhile(func() { shelf.puts(old) }, denies), handsPair("at-1", "rt-1"))
				st.serves(st.lapsedUser(), "at-1")
				st.sent(refreshForm("rt-0"), refreshForm("rt-elsewhere"))
			},
		},
		{
			theirs: "an empty store is a crash",
			expect: "a first token is asked for",
			ours:   "It is, and written.",
			play: func(st *stage) {
				shelf := st.hasShelf(messages.Token{})
				st.answersWith(hands("at-1"))
				st.serves(st.app(), "at-1")
				st.sent(assertionForm)
				if got := shelf.had(); got != "read, write at-1" {
					st.Errorf("the store had: %s", got)
				}
			},
		},
		{
			theirs: "after a revoke the revoked token comes back from the store",
			expect: "it does not",
			ours:   "The store is cleared before Revoke returns; the next ask asks the server, after a restart too. Where somebody puts the old token back, it is known to be revoked.",
			play: func(st *stage) {
				revoked := kept("at-0", time.Minute)
				shelf := st.hasShelf(revoked)
				st.answersWith(tells(http.StatusOK, ""), hands("at-1"), tells(http.StatusOK, ""), hands("at-2"))
				s := st.app()
				st.serves(s, "at-0")
				st.does(s.Revoke(context.Background()))
				if !shelf.has().IsZero() {
					st.Error("the store has the revoked token still")
				}
				shelf.puts(revoked)
				st.passes(20 * time.Minute) // the session sleeps, and looks at the store again
				st.serves(s, "at-1")
				st.sent(revokeForm("at-0"), assertionForm)
				st.does(s.Revoke(context.Background()))
				st.leaves()
				st.serves(st.app(), "at-2")
				st.sent(revokeForm("at-1"), assertionForm)
			},
		},
		{
			theirs: "a promise-style store hangs",
			expect: "no store hangs a caller",
			ours:   "A store that does not answer holds callers for 30 s at most. A grant that can be used again goes on without it; a refresh token is not risked.",
			play:   playsHangingStore,
		},
		{
			theirs: "a retry reuses the assertion's jti",
			expect: "a new jti for each attempt",
			ours:   "Each attempt signs a new assertion with a new jti and a new exp.",
			play: func(st *stage) {
				st.answersWith(tells(http.StatusServiceUnavailable, ""), isDown, hands("at-1"))
				st.serves(st.app(), "at-1")
				took := st.takes()
				if len(took) != 3 {
					st.Fatalf("%d requests, want 3", len(took))
				}
				for i, a := range st.afresh(took) {
					from := st.start.Add(took[i].at).Truncate(time.Second)
					st.goodFor(a, from, from.Add(30*time.Second))
				}
			},
		},
	}}},
}

// playsHangingStore plays a store whose promises are not kept until the end.
func playsHangingStore(st *stage) {
	freed := make(chan struct{})
	hanging := func(string) store.Classic { return &promises{freed: freed} }
	st.config.Store = store.Adapt(hanging)
	told := st.asks(10, st.lapsedUser()).told(st.T)
	st.wants(told.err, sessions.ErrUnavailable)
	if told.after > 31*time.Second {
		st.Errorf("told after %s", told.after)
	}
	st.sent()
	login := st.mgr

	st.mgr, st.config.Store = nil, store.Adapt(hanging)
	st.answersWith(hands("at-1"))
	if at := st.asks(10, st.app()).served(st.T); at != "at-1" {
		st.Errorf("served %q", at)
	}
	st.sent(assertionForm)
	close(freed)
	st.closes(login)
}
