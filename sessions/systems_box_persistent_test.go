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

func loginNow() messages.Token { return loginAt(time.Now()) }

// elsewhere is a pair that another process has got for the same login just now.
func elsewhere() messages.Token {
	t := loginNow()
	t.Access, t.Refresh = "at-elsewhere", "rt-elsewhere"
	return t
}

var boxPersistent = class{
	name:  "PersistentSession → Persistent",
	intro: "`sessions.Persistent(endpoint, token)`, the token from the login or from `messages.ParseTokenInfo`.",
	replays: []replay{
		{
			theirs: "should create an instance of a PersistentAPISession when given TokenInfo",
			expect: "constructs",
			ours:   "Opens, without any I/O; a TokenInfo as theirs is read and written.",
			play: func(st *stage) {
				info := loginNow().TokenInfo()
				t, err := messages.ParseTokenInfo(info)
				st.does(err)
				if again := t.TokenInfo(); string(again) != string(info) {
					st.Errorf("written back as %s, read from %s", again, info)
				}
				st.serves(st.has(sessions.Persistent(st.box(), t)), "at-0")
			},
		},
		{
			theirs:  "should throw an exception when not given any tokenInfo",
			expect:  "throws on an object with none of the fields",
			ours:    "ErrInvalid naming the field, from ParseTokenInfo and from opening a session with a token that is partly filled.",
			differs: "The zero Token is right: it means what the store has, and ErrLoginRequired if that is nothing.",
			play: func(st *stage) {
				_, err := messages.ParseTokenInfo([]byte(`{"bogus":"tokenInfo"}`))
				names(st.T, "ParseTokenInfo", err, "accessToken")
				_, err = st.tries(sessions.Persistent(st.box(), messages.Token{Extra: map[string]string{"bogus": "token"}}))
				names(st.T, "Session", err, "Token.Access")
				st.turnsAway(st.has(sessions.Persistent(st.box(), messages.Token{})), sessions.ErrLoginRequired)
			},
		},
		{
			theirs: "should throw an exception when given an invalid tokenInfo",
			expect: "throws on null and on an undefined refreshToken",
			ours:   "ErrInvalid naming the field that is missing, and nothing is sent: Access, Refresh, Issued, Expiry, an Expiry that is not after Issued.",
			play: func(st *stage) {
				_, err := messages.ParseTokenInfo([]byte(`null`))
				names(st.T, "ParseTokenInfo", err, "accessToken")
				for field, spoil := range map[string]func(*messages.Token){
					"Token.Access":  func(t *messages.Token) { t.Access = "" },
					"Token.Refresh": func(t *messages.Token) { t.Refresh = "" },
					"Token.Issued":  func(t *messages.Token) { t.Issued = time.Time{} },
					"Token.Expiry":  func(t *messages.Token) { t.Expiry = t.Issued },
				} {
					t := loginNow()
					spoil(&t)
					_, err := st.tries(sessions.Persistent(st.box(), t))
					names(st.T, field, err, field)
				}
			},
		},
		{
			theirs:  "should throw an exception when given an incomplete token store",
			expect:  "throws if `read`, `write` or `clear` is missing",
			ours:    "The compiler refuses a store without them. One that is nil for a key is ErrUnavailable, and the refresh token is not risked.",
			differs: "With theirs a missing method is found at run time.",
			play: func(st *stage) {
				st.config.Store = store.Adapt(func(string) store.Classic { return nil })
				st.turnsAway(st.lapsedUser(), sessions.ErrUnavailable)
				st.sent()
			},
		},
		{
			theirs: "should resolve to stored access token when access tokens are fresh",
			expect: "the held token, no refresh",
			ours:   "The held token, and no request.",
			play: func(st *stage) {
				s := st.loggedIn()
				for range 100 {
					st.serves(s, "at-0")
				}
				st.sent()
			},
		},
		{
			theirs: "should request new tokens when current tokens are no longer fresh",
			expect: "refresh with the held refresh token, the new access token",
			ours:   "The same, the caller held meanwhile; the next refresh spends the new refresh token.",
			play: func(st *stage) {
				st.answersWith(handsPair("at-1", "rt-1"), handsPair("at-2", "rt-2"))
				s := st.loggedIn()
				st.passes(57 * time.Minute)
				st.serves(s, "at-1")
				st.passes(57 * time.Minute)
				st.serves(s, "at-2")
				st.sent(refreshForm("rt-0"), refreshForm("rt-1"))
			},
		},
		{
			theirs: "should request new tokens with options when options are passed in",
			expect: "refresh with `{ip}`",
			ours:   "`sessions.ClientIP(ip)` goes as `X-Forwarded-For` onto the refresh that this call itself starts.",
			play: func(st *stage) {
				st.answersWith(handsPair("at-1", "rt-1"), handsPair("at-2", "rt-2"))
				s := st.loggedInLongAgo()
				st.serves(s, "at-1", fromVisitor())
				st.passes(57 * time.Minute)
				st.serves(s, "at-2")
				st.sent(by(refreshForm("rt-0")), refreshForm("rt-1"))
			},
		},
		{
			theirs: "should only make a single request for new tokens when called multiple times",
			expect: "two callers, one refresh",
			ours:   "100 callers at once, one refresh, the same token for all.",
			play: func(st *stage) {
				st.answersWith(after(time.Second, handsPair("at-1", "rt-1")))
				if at := st.asks(100, st.lapsedUser()).served(st.T); at != "at-1" {
					st.Errorf("served %q", at)
				}
				st.sent(refreshForm("rt-0"))
			},
		},
		{
			theirs:  "should allow a new request for tokens once in-progress call completes",
			expect:  "a third call after the first two makes a second refresh",
			ours:    "Two `Refresh` at once make one request; a third after them spends the refresh token that it brought.",
			differs: "Their test makes every token invalid. `AccessToken` would serve the fresh one, so the case is played with `Refresh`.",
			play: func(st *stage) {
				st.answersWith(after(time.Second, handsPair("at-1", "rt-1")), handsPair("at-2", "rt-2"))
				s := st.loggedIn()
				st.serves(s, "at-0")
				done := make(chan error, 2)
				for range 2 {
					go func() { done <- s.Refresh(context.Background()) }()
				}
				st.does(<-done)
				st.does(<-done)
				st.does(s.Refresh(context.Background()))
				st.serves(s, "at-2")
				st.sent(refreshForm("rt-0"), refreshForm("rt-1"))
			},
		},
		{
			theirs:  "should return a promise that rejects when the request for new tokens fails",
			expect:  "rejects with the error",
			ours:    "Everybody held gets ErrUnavailable and no token. Afterwards the same refresh token is tried again.",
			differs: "Theirs really resolves: without a store the error itself is handed out as the token.",
			play: func(st *stage) {
				st.answersWith(times(3, tells(http.StatusServiceUnavailable, ""))...)
				s := st.lapsedUser()
				told := st.asks(10, s).told(st.T)
				st.wants(told.err, sessions.ErrUnavailable)
				st.blames(told.err, http.StatusServiceUnavailable, "")
				st.sent(refreshForm("rt-0"), refreshForm("rt-0"), refreshForm("rt-0"))
				st.passes(time.Second)
				st.answersWith(handsPair("at-1", "rt-1"))
				st.serves(s, "at-1")
				st.sent(refreshForm("rt-0"))
			},
		},
		{
			theirs:  "should read tokens from token store when one is present and the refresh request fails with a 400 error / should read from token store on 400 (1.0) / should propagate tokens from store when refresh fails but tokens were already refreshed and stored (1.0)",
			expect:  "adopts the access token of the store",
			ours:    "After `invalid_grant` the store is looked at once more; a newer pair is adopted, its access token served if it is valid, and its refresh token spent next.",
			differs: "Any 400 will do for theirs, even `unauthorized_client`, and the pair is adopted without a look at its expiry.",
			play: func(st *stage) {
				shelf := st.hasShelf(lapsed())
				st.answersWith(meanwhile(func() { shelf.puts(elsewhere()) }, denies))
				s := st.lapsedUser()
				st.serves(s, "at-elsewhere")
				st.sent(refreshForm("rt-0"))
				st.answersWith(handsPair("at-2", "rt-2"))
				st.passes(57 * time.Minute)
				st.serves(s, "at-2")
				st.sent(refreshForm("rt-elsewhere"))
			},
		},
		{
			theirs: "should return a promise that rejects with auth error when the refresh fails and there are no new tokens in the store / should compare refresh token in store with current and propagate \"expired tokens\" error if they match (1.0)",
			expect: "rejects with `authExpired`, the store is cleared",
			ours:   "ErrLoginRequired with the endpoint's status and code; the store is cleared once, and nothing is sent again.",
			play: func(st *stage) {
				shelf := st.hasShelf(lapsed())
				st.answersWith(denies)
				s := st.lapsedUser()
				for range 3 {
					err := st.whyNone(s, sessions.ErrLoginRequired)
					st.blames(err, http.StatusBadRequest, "invalid_grant")
				}
				st.sent(refreshForm("rt-0"))
				if got := shelf.had(); got != "read, read, clear" {
					st.Errorf("the store had: %s", got)
				}
			},
		},
		{
			theirs:  "should write new tokens to store when they are acquired",
			expect:  "`write` with the new pair, the new access token",
			ours:    "The new pair is written before anybody is given the new access token.",
			differs: "The tokens given at the start are written too, before they are used.",
			play: func(st *stage) {
				shelf := st.hasShelf(messages.Token{})
				st.answersWith(handsPair("at-1", "rt-1"))
				st.serves(st.lapsedUser(), "at-1")
				if got := shelf.had(); got != "read, write at-0 rt-0, write at-1 rt-1" {
					st.Errorf("the store had: %s", got)
				}
				st.sent(refreshForm("rt-0"))
			},
		},
		{
			theirs:  "should return a promise that rejects when store write fails",
			expect:  "rejects with the error of `write`",
			ours:    "The new token is served, Status says Unsaved, and writing is tried again until it succeeds.",
			differs: "The server has rotated: with theirs the new pair is lost and the next call spends the old refresh token again.",
			play: func(st *stage) {
				shelf := st.hasShelf(lapsed())
				shelf.fails(nil, errDisk, nil)
				st.answersWith(handsPair("at-1", "rt-1"))
				s := st.lapsedUser()
				st.serves(s, "at-1")
				if !s.Status().Unsaved {
					st.Error("nothing says that the pair is unsaved")
				}
				shelf.fails(nil, nil, nil)
				st.passes(time.Minute)
				if s.Status().Unsaved || shelf.has().Refresh != "rt-1" {
					st.Errorf("the store has %q", shelf.has().Refresh.Reveal())
				}
				st.sent(refreshForm("rt-0"))
			},
		},
		{
			theirs: "should return promise resolving to new tokens when called after refresh",
			expect: "one refresh, later calls get its token",
			ours:   "One refresh; its token is served until its own stale window.",
			play: func(st *stage) {
				st.answersWith(handsPair("at-1", "rt-1"))
				s := st.lapsedUser()
				st.serves(s, "at-1")
				st.passes(46 * time.Minute)
				st.serves(s, "at-1")
				st.sent(refreshForm("rt-0"))
			},
		},
		{
			theirs:  "(revokeTokens) should call tokenManager.revokeTokens with its refresh token and options.ip when called / (revokeTokens) should call tokenManager.revokeTokens with its refresh token and null options",
			expect:  "the refresh token is revoked, with `{ip}` or without",
			ours:    "The refresh token, then the access token are revoked. The tokens are forgotten here and cleared in the store, and the session answers ErrRevoked.",
			differs: "Theirs keeps the revoked token in memory and in the store and goes on handing it out.",
			play: func(st *stage) {
				for ip, opts := range map[string][]sessions.Option{" for " + visitor: {fromVisitor()}, "": nil} {
					st.leaves()
					shelf := st.hasShelf(loginNow())
					st.answersWith(tells(http.StatusOK, ""), tells(http.StatusOK, ""))
					s := st.loggedIn()
					st.serves(s, "at-0")
					st.does(s.Revoke(context.Background(), opts...))
					st.sent(revokeForm("rt-0")+ip, revokeForm("at-0")+ip)
					st.turnsAway(s, sessions.ErrRevoked)
					if !shelf.has().IsZero() {
						st.Error("the store has the revoked tokens still")
					}
				}
			},
		},
		{
			theirs:  "(exchangeToken) should get access token and exchange for lower scope with null options when called / (exchangeToken) should get access token and exchange for lower scope with options.ip when called",
			expect:  "get, then exchange with the scope, the resource and the options",
			ours:    "The same; the address goes onto the refresh that the call needs first and onto the exchange. The session's own pair is as before.",
			differs: "Theirs sends the address with the exchange only.",
			play: func(st *stage) {
				x := messages.Exchange{Scopes: []string{"item_preview"}, Resource: "https://api.box.com/2.0/files/1"}
				rest := "&scope=item_preview&resource=https%3A%2F%2Fapi.box.com%2F2.0%2Ffiles%2F1"
				st.answersWith(handsPair("at-1", "rt-1"), handsDown("down-1"))
				s := st.loggedInLongAgo()
				st.exchanges(s, x, "down-1", fromVisitor())
				st.sent(by(refreshForm("rt-0")), by(exchangeForm("at-1", rest)))
				st.serves(s, "at-1")
				st.leaves()

				st.answersWith(handsDown("down-2"))
				st.exchanges(st.loggedIn(), x, "down-2")
				st.sent(exchangeForm("at-0", rest))
			},
		},
		{
			theirs: "(exchangeToken) should reject when getting the access token fails",
			expect: "rejects with the error, no exchange",
			ours:   "The error of AccessToken, and no exchange is sent.",
			play: func(st *stage) {
				st.answersWith(denies)
				err := st.exchangesNothing(st.lapsedUser(), preview, sessions.ErrLoginRequired)
				st.blames(err, http.StatusBadRequest, "invalid_grant")
				st.sent(refreshForm("rt-0"))
			},
		},
		{
			theirs:  "(exchangeToken) should reject when the token exchange fails",
			expect:  "rejects with the error",
			ours:    "ErrInvalid with the endpoint's code where it refuses this exchange; the session goes on.",
			differs: "Whatever an exchange is answered, it never ends the session.",
			play: func(st *stage) {
				st.answersWith(tells(http.StatusBadRequest, `{"error":"invalid_scope","error_description":"no"}`))
				s := st.loggedIn()
				err := st.exchangesNothing(s, preview, sessions.ErrInvalid)
				st.blames(err, http.StatusBadRequest, "invalid_scope")
				st.serves(s, "at-0")
				st.sent(exchangeForm("at-0", "&scope=item_preview"))
			},
		},
		{
			theirs:  "(handleExpiredTokensError) should return a promise that rejects with passed-in error when no token store is available",
			expect:  "rejects with the error",
			ours:    "`Reject(token, cause)`: the token that the API refused is withdrawn, its cause is an event, and the next ask refreshes.",
			differs: "Theirs really resolves with the error, refreshes nothing and keeps the dead token.",
			play: func(st *stage) {
				st.answersWith(handsPair("at-1", "rt-1"))
				s := st.loggedIn()
				st.serves(s, "at-0")
				st.does(s.Reject(context.Background(), "at-0", errRefused))
				st.serves(s, "at-1")
				st.sent(refreshForm("rt-0"))
				if got := st.heard(); got != "Acquired Rejected Renewed" {
					st.Errorf("events: %s", got)
				}
			},
		},
		{
			theirs:  "(handleExpiredTokensError) should clear token store when one is available",
			expect:  "`clear` is called once",
			ours:    "A token that the API refuses is withdrawn and refreshed, and the store is not cleared but written. Only a denied refresh token clears it, once.",
			differs: "An access token that is refused says nothing about the refresh token; theirs logs the user out.",
			play: func(st *stage) {
				shelf := st.hasShelf(loginNow())
				st.answersWith(handsPair("at-1", "rt-1"))
				s := st.loggedIn()
				st.serves(s, "at-0")
				st.does(s.Reject(context.Background(), "at-0", errRefused))
				st.serves(s, "at-1")
				st.sent(refreshForm("rt-0"))
				if strings.Contains(shelf.had(), "clear") || shelf.has().Refresh != "rt-1" {
					st.Errorf("the store had: %s", shelf.had())
				}
			},
		},
		{
			theirs: "(handleExpiredTokensError) should return promise that rejects with passed-in error when token store clear succeeds",
			expect: "the original error",
			ours:   "A denied refresh token: the store is cleared, and the error is ErrLoginRequired with what the endpoint said.",
			play: func(st *stage) {
				shelf := st.hasShelf(lapsed())
				st.answersWith(tells(http.StatusForbidden, `{"error":"invalid_grant"}`))
				err := st.whyNone(st.lapsedUser(), sessions.ErrLoginRequired)
				st.blames(err, http.StatusForbidden, "invalid_grant")
				if !shelf.has().IsZero() {
					st.Error("the store has the dead pair still")
				}
				st.sent(refreshForm("rt-0"))
			},
		},
		{
			theirs:  "(handleExpiredTokensError) should return promise that rejects with token store error when token store clear fails",
			expect:  "the error of `clear` instead of the original one",
			ours:    "ErrLoginRequired with what the endpoint said. The session is dead here; what the store kept is denied, and cleared, after a restart.",
			differs: "The caller needs to know that somebody must log in, not that a disk is full.",
			play: func(st *stage) {
				shelf := st.hasShelf(lapsed())
				shelf.fails(nil, nil, errDisk)
				st.answersWith(denies)
				s := st.lapsedUser()
				for range 2 {
					err := st.whyNone(s, sessions.ErrLoginRequired)
					st.blames(err, http.StatusBadRequest, "invalid_grant")
				}
				st.sent(refreshForm("rt-0"))
				st.leaves()

				shelf.fails(nil, nil, nil)
				st.answersWith(denies)
				st.turnsAway(st.has(sessions.Persistent(st.box(), messages.Token{})), sessions.ErrLoginRequired)
				st.sent(refreshForm("rt-0"))
				if !shelf.has().IsZero() {
					st.Error("the store has the dead pair still")
				}
			},
		},
	},
}

// errRefused is what a resource server has said.
var errRefused = errors.New("401 Unauthorized")
