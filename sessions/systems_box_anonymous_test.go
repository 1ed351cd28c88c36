package sessions_test

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/sessions"
)

var boxAnonymous = class{
	name: "AnonymousSession (2.0) → Anonymous",
	replays: slices.Concat(gets((*stage).anonymous, anonymousForm), revokes((*stage).anonymous, anonymousForm), []replay{
		{
			theirs: "should get access token with options.ip and return promise resolving to its own token info when called",
			expect: "the session's own token, no exchange",
			ours:   "The session's own token, with its expiry, and no exchange; the address goes onto the grant.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"))
				t := st.exchanges(st.anonymous(), preview, "at-1", fromVisitor())
				if want := st.start.Add(time.Hour); !t.Expiry.Equal(want) {
					st.Errorf("it ends at %v, want %v", t.Expiry, want)
				}
				st.sent(by(anonymousForm))
			},
		},
		{
			theirs: "should get access token with null options and return promise resolving to its own token info when called",
			expect: "the session's own token, no exchange",
			ours:   "The same without the header; with a token at hand nothing is sent at all.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"))
				s := st.anonymous()
				st.exchanges(s, preview, "at-1")
				st.exchanges(s, preview, "at-1")
				st.sent(anonymousForm)
			},
		},
		{
			theirs: "should return promise that rejects when getting the access token fails",
			expect: "the same error",
			ours:   "The error of AccessToken.",
			play: func(st *stage) {
				st.answersWith(tells(http.StatusUnauthorized, `{"error":"invalid_client"}`))
				err := st.exchangesNothing(st.anonymous(), preview, sessions.ErrUnavailable)
				st.blames(err, http.StatusUnauthorized, "invalid_client")
				st.sent(anonymousForm)
			},
		},
	}),
}

var boxAnonymousOld = class{
	name: "AnonymousSession (1.0, with the stale window that the documentation promises) → Anonymous",
	replays: []replay{
		{
			theirs: "should add callback to the upkeep queue when tokens are curently being refreshed",
			expect: "a caller who comes during a refresh is held with the others",
			ours:   "He is held with the others, each under his own context: one who leaves disturbs nobody.",
			play: func(st *stage) {
				st.answersWith(after(2*time.Second, hands("at-1")))
				s := st.anonymous()
				first := st.asks(10, s)
				st.passes(time.Second)
				leaver, leave := context.WithCancel(context.Background())
				left := make(chan error, 1)
				go func() {
					_, err := s.AccessToken(leaver)
					left <- err
				}()
				second := st.asks(10, s)
				st.settles()
				leave()
				st.wants(<-left, context.Canceled)
				if at := first.served(st.T); at != second.served(st.T) {
					st.Error("those who came later have another token")
				}
				st.sent(anonymousForm)
			},
		},
		{
			theirs: "should call getTokensClientCredentialsGrant when called / should call refreshAnonymousAccessToken() with the callback when tokens are not set",
			expect: "a grant",
			ours:   "The first ask makes a grant; opening the session makes none.",
			play: func(st *stage) {
				s := st.anonymous()
				st.passes(time.Hour)
				st.sent()
				st.answersWith(hands("at-1"))
				st.serves(s, "at-1")
				st.sent(anonymousForm)
			},
		},
		{
			theirs: "should propagate, should flush the upkeep queue with a token refresh grant error",
			expect: "all who are held get the error",
			ours:   "All who are held get the same error at the same time, and nobody is held any more.",
			play: func(st *stage) {
				st.answersWith(after(time.Second, tells(http.StatusBadRequest, `{"error":"unauthorized_client"}`)))
				s := st.anonymous()
				told := st.asks(50, s).told(st.T)
				st.blames(told.err, http.StatusBadRequest, "unauthorized_client")
				if held := s.Status().Held; held != 0 {
					st.Errorf("%d are held still", held)
				}
				st.sent(anonymousForm)
			},
		},
		{
			theirs: "should propagate, should flush the upkeep queue with an access token when TokenInfo is propagated",
			expect: "all who are held get the token",
			ours:   "All who are held get the same token, and nobody is held any more.",
			play: func(st *stage) {
				st.answersWith(after(time.Second, hands("at-1")))
				s := st.anonymous()
				if at := st.asks(50, s).served(st.T); at != "at-1" {
					st.Errorf("served %q", at)
				}
				if held := s.Status().Held; held != 0 {
					st.Errorf("%d are held still", held)
				}
				st.sent(anonymousForm)
			},
		},
		{
			theirs: "should call refreshAnonymousAccessToken() with the callback when tokens are expired",
			expect: "held for a new token; one who comes during a background refresh joins it",
			ours:   "Both.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"), after(5*time.Minute, hands("at-2")))
				st.config.LeafTimeout = 10 * time.Minute
				s := st.anonymous()
				st.serves(s, "at-1")
				st.passes(53 * time.Minute)
				st.serves(s, "at-1") // stale: a renewal begins
				st.passes(4*time.Minute + 59*time.Second)
				if at := st.asks(10, s).served(st.T); at != "at-2" {
					st.Errorf("served %q", at)
				}
				st.sent(anonymousForm, anonymousForm)
			},
		},
		{
			theirs:  "should call refreshAnonymousAccessToken() in the background when tokens are stale",
			expect:  "the current token at once, one grant behind 50 callers; a failure is swallowed and the next call tries again",
			ours:    "The current token at once, one grant behind 50 callers. A failure reaches nobody, is an event, and is tried again after a back-off.",
			differs: "Theirs has no back-off: each call in the window tries again. Our window is 10 min wide by default and jittered (`Config.Window`); theirs was 2.5 min, and 0 since 1.8.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"), tells(http.StatusServiceUnavailable, ""), after(time.Second, hands("at-2")))
				st.config.IdleAfter = time.Hour
				s := st.anonymous()
				st.serves(s, "at-1")
				st.passes(53 * time.Minute)
				if c := st.asks(50, s); c.served(st.T) != "at-1" || c.answers[0].after != 0 {
					st.Errorf("served %q after %s", c.answers[0].token, c.answers[0].after)
				}
				st.settles()
				st.sent(anonymousForm, anonymousForm)
				st.serves(s, "at-1")
				st.settles()
				st.sent() // backs off
				st.passes(2 * time.Second)
				st.serves(s, "at-1")
				st.settles()
				st.serves(s, "at-1") // while it is renewed
				st.passes(time.Second)
				st.serves(s, "at-2")
				st.sent(anonymousForm)
				if got := st.heard(); got != "Acquired Failing Renewed Recovered" {
					st.Errorf("events: %s", got)
				}
			},
		},
		{
			theirs: "should pass tokens to callback when tokens are not expired",
			expect: "the held token",
			ours:   "The held token, without a request.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"))
				s := st.anonymous()
				st.serves(s, "at-1")
				st.sent(anonymousForm)
				st.serves(s, "at-1")
				st.sent()
			},
		},
		{
			theirs:  "should call tokenManager.revokeTokens with its refresh token when called",
			expect:  "the refresh token is revoked, which an anonymous session never has",
			ours:    "The access token is revoked.",
			differs: "Theirs sends a form without `token`.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"), tells(http.StatusOK, ""))
				s := st.anonymous()
				st.serves(s, "at-1")
				st.does(s.Revoke(context.Background()))
				st.sent(anonymousForm, revokeForm("at-1"))
			},
		},
	},
}
