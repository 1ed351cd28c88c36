package sessions_test

import (
	"context"
	"net/http"
	"time"

	"github.com/holdfast-go/holdfast/sessions"
)

// gets are the seven cases of getAccessToken that CCGSession, AnonymousSession and
// AppAuthSession have alike. opens opens a session that holds nothing, form is what
// it sends for each token.
func gets(opens func(*stage) *sessions.Session, form string) []replay {
	return []replay{
		{
			theirs: "should resolve to stored access token when access tokens are fresh",
			expect: "the held token, no request",
			ours:   "The held token, from an atomic load: one request for any number of calls until the stale window.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"))
				s := opens(st)
				for range 100 {
					st.serves(s, "at-1")
				}
				st.passes(46 * time.Minute)
				st.serves(s, "at-1")
				st.sent(form)
			},
		},
		{
			theirs: "should request new tokens when current tokens are no longer fresh",
			expect: "a new grant, its token",
			ours:   "At expiry (3 min before the token's end, as theirs) the caller is held for a new grant and gets its token.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"), after(time.Second, hands("at-2")))
				s := opens(st)
				st.serves(s, "at-1")
				st.passes(57 * time.Minute)
				st.serves(s, "at-2")
				st.sent(form, form)
			},
		},
		{
			theirs: "should request new tokens with options when options are passed in",
			expect: "the grant is called with `{ip}`",
			ours:   "`sessions.ClientIP(ip)` goes as `X-Forwarded-For` onto the request that this call itself starts.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"), hands("at-2"))
				s := opens(st)
				st.serves(s, "at-1", fromVisitor())
				st.passes(57 * time.Minute)
				st.serves(s, "at-2")
				st.sent(by(form), form)
			},
		},
		{
			theirs: "should only make a single request for new tokens when called multiple times",
			expect: "two callers, one request",
			ours:   "100 callers at once make one request and get the same token.",
			play: func(st *stage) {
				st.answersWith(after(time.Second, hands("at-1")))
				if at := st.asks(100, opens(st)).served(st.T); at != "at-1" {
					st.Errorf("served %q", at)
				}
				st.sent(form)
			},
		},
		{
			theirs:  "should allow a new request for tokens once in-progress call completes",
			expect:  "a third call after the first two makes a second request",
			ours:    "Two `Refresh` at once make one request; a third after them makes a second one.",
			differs: "Their test makes every token invalid. `AccessToken` would serve the fresh one, so the case is played with `Refresh`.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"), after(time.Second, hands("at-2")), hands("at-3"))
				s := opens(st)
				st.serves(s, "at-1")
				done := make(chan error, 2)
				for range 2 {
					go func() { done <- s.Refresh(context.Background()) }()
				}
				st.does(<-done)
				st.does(<-done)
				st.serves(s, "at-2")
				st.sent(form, form)
				st.does(s.Refresh(context.Background()))
				st.serves(s, "at-3")
				st.sent(form)
			},
		},
		{
			theirs:  "should return a promise that rejects when the request for new tokens fails",
			expect:  "the same error for all; the next call makes a new request",
			ours:    "ErrUnavailable for all who are held, after 3 tries. The next callers get it at once, without a request, with RetryAfter; after that a new request.",
			differs: "A failing endpoint is asked at a bounded rate, however many callers there are.",
			play: func(st *stage) {
				st.answersWith(times(3, tells(http.StatusServiceUnavailable, ""))...)
				s := opens(st)
				told := st.asks(100, s).told(st.T)
				st.wants(told.err, sessions.ErrUnavailable)
				st.blames(told.err, http.StatusServiceUnavailable, "")
				st.sent(form, form, form)
				err := st.whyNone(s, sessions.ErrUnavailable)
				st.waits(err, time.Second)
				st.sent()
				st.answersWith(hands("at-1"))
				st.passes(time.Second)
				st.serves(s, "at-1")
				st.sent(form)
			},
		},
		{
			theirs: "should return promise resolving to new tokens when called after refresh",
			expect: "one refresh, later calls get its token",
			ours:   "After a renewal the new token is served, without another request, until its own stale window.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"), hands("at-2"))
				s := opens(st)
				st.serves(s, "at-1")
				st.does(s.Refresh(context.Background()))
				st.serves(s, "at-2")
				st.passes(46 * time.Minute)
				st.serves(s, "at-2")
				st.sent(form, form)
			},
		},
	}
}

// revokes are the two cases of revokeTokens of sessions that get a new token by
// themselves.
func revokes(opens func(*stage) *sessions.Session, form string) []replay {
	return []replay{
		{
			theirs:  "should call tokenManager.revokeTokens with options.ip when called",
			expect:  "the access token is revoked, with `{ip}`",
			ours:    "The access token is revoked at the server, with `X-Forwarded-For`; the next ask mints anew.",
			differs: "Revoke returns nil only when the server has confirmed it, and no call that begins afterwards gets the revoked token.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"), tells(http.StatusOK, ""), hands("at-2"))
				s := opens(st)
				st.serves(s, "at-1")
				st.does(s.Revoke(context.Background(), fromVisitor()))
				st.serves(s, "at-2")
				st.sent(form, by(revokeForm("at-1")), form)
			},
		},
		{
			theirs:  "should call tokenManager.revokeTokens without options.ip when called",
			expect:  "the access token is revoked",
			ours:    "The same without the header. A session that holds nothing sends nothing.",
			differs: "Theirs posts a form without `token` before the first token.",
			play: func(st *stage) {
				s := opens(st)
				st.does(s.Revoke(context.Background()))
				st.sent()
				st.answersWith(hands("at-1"), tells(http.StatusOK, ""))
				st.serves(s, "at-1")
				st.does(s.Revoke(context.Background()))
				st.sent(form, revokeForm("at-1"))
			},
		},
	}
}
