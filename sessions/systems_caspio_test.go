package sessions_test

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

const caspioForm = "POST https://c1abc123.caspio.com/oauth/token grant_type=client_credentials"

// handsBearer is a bearer answer as Caspio sends it.
func handsBearer(access, refresh string) line {
	return tells(http.StatusOK, `{"access_token":"`+access+`","token_type":"bearer","expires_in":86399,"refresh_token":"`+refresh+`"}`)
}

// caspio is a session of Caspio, played by the script.
func (st *stage) caspio() *sessions.Session {
	st.Helper()
	e := sessions.Caspio("https://c1abc123.caspio.com/oauth/token", "client/+", "s3cret:%")
	e.HTTPClient = st.client()
	return st.has(sessions.ClientToken(e))
}

// caspio is the SDK for Caspio's REST API.
var caspio = system{
	name: "Caspio",
	intro: "`caspio-sdk`, its `auth`. `sessions.Caspio(tokenURL, clientID, secret)` is the endpoint and `ClientToken` the kind. The SDK has no tests;\n" +
		"these cases are what it was seen to do.",
	moves: "example_moving_from_caspio_test.go",
	classes: []class{{name: "getAccessToken → ClientToken", replays: []replay{
		{
			theirs:  "the form and the headers",
			expect:  "`Authorization: Basic` with raw base64 of id:secret, the body exactly `grant_type=client_credentials`, `Content-Type: application/x-www-form-urlencoded`, `Accept: application/json, text/plain, */*`",
			ours:    "The same, but `Accept: application/json`.",
			differs: "Nothing else could be read.",
			play: func(st *stage) {
				st.answersWith(handsBearer("at-1", "rt-1"))
				st.serves(st.caspio(), "at-1")
				took := st.takes()
				if len(took) != 1 || took[0].String() != caspioForm {
					st.Fatalf("sent %v", took)
				}
				want := http.Header{
					"Authorization": {"Basic Y2xpZW50Lys6czNjcmV0OiU="}, // client/+:s3cret:%
					"Content-Type":  {"application/x-www-form-urlencoded"},
					"Accept":        {"application/json"}, "User-Agent": {"holdfast"},
				}
				if diff := cmp.Diff(want, took[0].header); diff != "" {
					st.Errorf("headers (-want +got):\n%s", diff)
				}
			},
		},
		{
			theirs: "returns the whole answer",
			expect: "`{access_token, token_type, expires_in, refresh_token}`",
			ours:   "`Token` returns all of it, `expires_in` as Issued and Expiry.",
			play: func(st *stage) {
				st.answersWith(handsBearer("at-1", "rt-1"))
				got, err := st.caspio().Token(context.Background())
				st.does(err)
				want := messages.Token{
					Access: "at-1", Refresh: "rt-1", Type: "bearer",
					Issued: st.start, Expiry: st.start.Add(86399 * time.Second),
				}
				if diff := cmp.Diff(want, got); diff != "" {
					st.Errorf("token (-want +got):\n%s", diff)
				}
				st.sent(caspioForm)
			},
		},
		{
			theirs:  "a missing clientID, clientSecret or tokenEndpointURL",
			expect:  "logs an error and returns undefined; an empty string is accepted",
			ours:    "ErrInvalid naming the field when the session is opened, and nothing is sent.",
			differs: "Theirs fails at the first call, with a TypeError.",
			play: func(st *stage) {
				for field, e := range map[string]sessions.Endpoint{
					"Endpoint.TokenURL": sessions.Caspio("", "client", "secret"),
					"Endpoint.ClientID": sessions.Caspio("https://c1abc123.caspio.com/oauth/token", "", "secret"),
					"Endpoint.Auth":     sessions.Caspio("https://c1abc123.caspio.com/oauth/token", "client", ""),
				} {
					_, err := st.tries(sessions.ClientToken(e))
					names(st.T, field, err, field)
				}
			},
		},
		{
			theirs:  "ten callers at once",
			expect:  "ten requests",
			ours:    "One request, the same token for all, and none for those who come later.",
			differs: "Theirs has no cache and asks for a token with every call.",
			play: func(st *stage) {
				st.answersWith(after(time.Second, handsBearer("at-1", "rt-1")))
				s := st.caspio()
				if at := st.asks(10, s).served(st.T); at != "at-1" {
					st.Errorf("served %q", at)
				}
				st.passes(23 * time.Hour)
				st.serves(s, "at-1")
				st.sent(caspioForm)
			},
		},
		{
			theirs:  "never uses the refresh token",
			expect:  "a new grant with every call; the older tokens stay valid",
			ours:    "A new grant, behind the callers, 13 to 8 min before the day is over; the older token is served meanwhile. The refresh token is handed out with Token and never spent.",
			differs: "Theirs renews whenever it is called.",
			play: func(st *stage) {
				st.answersWith(handsBearer("at-1", "rt-1"), after(time.Second, handsBearer("at-2", "rt-2")))
				s := st.caspio()
				st.serves(s, "at-1")
				st.passes(86399*time.Second - 13*time.Minute - time.Second)
				st.serves(s, "at-1")
				st.sent(caspioForm)
				st.passes(5*time.Minute + time.Second)
				st.serves(s, "at-1")
				st.settles()
				st.serves(s, "at-1")
				st.passes(time.Second)
				st.serves(s, "at-2")
				st.sent(caspioForm)
			},
		},
		{
			theirs:  "an HTTP error",
			expect:  "logs the status and resolves with `false`",
			ours:    "ErrUnavailable with status and code of the endpoint.",
			differs: "`false` goes on as `Authorization: Bearer undefined`.",
			play: func(st *stage) {
				st.answersWith(tells(http.StatusBadRequest, `{"error":"invalid_client","Message":"Unknown client"}`))
				err := st.whyNone(st.caspio(), sessions.ErrUnavailable)
				st.blames(err, http.StatusBadRequest, "invalid_client")
				st.sent(caspioForm)
			},
		},
		{
			theirs:  "a network error",
			expect:  "a TypeError about `error.response`",
			ours:    "ErrUnavailable with RetryAfter, after 3 tries.",
			differs: "Theirs trips over its own handling of errors.",
			play: func(st *stage) {
				st.answersWith(times(3, isDown)...)
				st.waits(st.whyNone(st.caspio(), sessions.ErrUnavailable), time.Second)
				st.sent(caspioForm, caspioForm, caspioForm)
			},
		},
		{
			theirs:  "a page on 200",
			expect:  "the page is returned, as text",
			ours:    "Tried again, then ErrUnavailable: no token, nothing of the page.",
			differs: "Theirs looks at nothing in an answer.",
			play: func(st *stage) {
				st.answersWith(times(3, tells(http.StatusOK, "<html>maintenance</html>", "Content-Type", "text/html"))...)
				if err := st.whyNone(st.caspio(), sessions.ErrUnavailable); strings.Contains(err.Error(), "maintenance") {
					st.Errorf("the page is in the error: %v", err)
				}
				st.sent(caspioForm, caspioForm, caspioForm)
			},
		},
		{
			theirs:  "a server that does not answer",
			expect:  "waits for ever",
			ours:    "ErrUnavailable within 30 s, for each who waits.",
			differs: "Theirs has no timeout.",
			play: func(st *stage) {
				st.answersWith(times(3, saysNothing)...)
				told := st.asks(10, st.caspio()).told(st.T)
				st.wants(told.err, sessions.ErrUnavailable)
				if told.after > 30*time.Second {
					st.Errorf("told after %s", told.after)
				}
				st.settles()
				st.sent(caspioForm, caspioForm, caspioForm)
			},
		},
		{
			theirs: "revoking and exchanging (there is neither)",
			expect: "–",
			ours:   "ErrNotSupported, the token is served as before. With `Endpoint.RevokeURL` set Revoke works.",
			play: func(st *stage) {
				st.answersWith(handsBearer("at-1", "rt-1"))
				s := st.caspio()
				st.serves(s, "at-1")
				st.wants(s.Revoke(context.Background()), sessions.ErrNotSupported)
				_ = st.exchangesNothing(s, preview, sessions.ErrNotSupported)
				st.serves(s, "at-1")
				st.sent(caspioForm)
				st.leaves()

				e := sessions.Caspio("https://c1abc123.caspio.com/oauth/token", "client", "secret")
				e.HTTPClient, e.RevokeURL = st.client(), "https://c1abc123.caspio.com/oauth/revoke"
				st.answersWith(handsBearer("at-2", ""), tells(http.StatusOK, ""))
				s = st.has(sessions.ClientToken(e))
				st.serves(s, "at-2")
				st.does(s.Revoke(context.Background()))
				st.sent(caspioForm, "POST https://c1abc123.caspio.com/oauth/revoke token=at-2")
			},
		},
	}}},
}
