package sessions_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

var boxTokens = class{
	name:  "TokenManager → Endpoint",
	intro: "There is no class to call: a session asks for its tokens by itself.",
	replays: []replay{
		{
			theirs: "getTokens: should make a POST request against the OAuth token endpoint when called",
			expect: "POST to the root's `/oauth2/token` with the form",
			ours:   "The same; another root than Box's too, with or without a slash at its end. http is refused but for a loopback address.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"), hands("at-2"))
				for i, base := range []string{"https://box.example", "https://box.example/"} {
					e := sessions.Box(base, "client", "secret")
					e.HTTPClient = st.client()
					st.serves(st.has(sessions.Anonymous(e)), fmt.Sprintf("at-%d", i+1))
					st.sent("POST https://box.example/oauth2/token grant_type=client_credentials" + asClient)
					st.leaves()
				}
				_, err := st.tries(sessions.Anonymous(sessions.Box("http://box.example", "client", "secret")))
				names(st.T, "http", err, "Endpoint.TokenURL")
				_, err = st.tries(sessions.Anonymous(sessions.Box("http://127.0.0.1:8080", "client", "secret")))
				st.does(err)
			},
		},
		{
			theirs:  "getTokens: should properly parse the OAuth token response (refresh, client credentials)",
			expect:  "access token, refresh token if there is one, `expires_in` × 1000, `acquiredAtMS` when the answer is there",
			ours:    "Access, Refresh, Type, Issued and Expiry; a fraction of a second counts. Issued is when the request was sent.",
			differs: "A token's life can have begun when the request was sent, so theirs thinks it lives as much longer as the answer took.",
			play: func(st *stage) {
				st.answersWith(
					after(2*time.Second, handsPair("at-1", "rt-1")),
					after(2*time.Second, tells(http.StatusOK, `{"access_token":"at-2","expires_in":1800.5,"token_type":"bearer"}`)))
				got, err := st.lapsedUser().Token(context.Background())
				st.does(err)
				want := messages.Token{Access: "at-1", Refresh: "rt-1", Type: "bearer", Issued: st.start, Expiry: st.start.Add(time.Hour)}
				if diff := cmp.Diff(want, got); diff != "" {
					st.Errorf("token (-want +got):\n%s", diff)
				}
				st.leaves()
				got, err = st.user().Token(context.Background())
				st.does(err)
				sent := st.start.Add(2 * time.Second)
				want = messages.Token{Access: "at-2", Type: "bearer", Issued: sent, Expiry: sent.Add(1800*time.Second + 500*time.Millisecond)}
				if diff := cmp.Diff(want, got); diff != "" {
					st.Errorf("token (-want +got):\n%s", diff)
				}
				st.sent(refreshForm("rt-0"), userForm)
			},
		},
		{
			theirs:  "getTokens: should properly parse the OAuth token response (authorization code) / getTokensAuthorizationCodeGrant: should acquire token info when called with a code",
			expect:  "`grant_type=authorization_code, code, client_id, client_secret`, the TokenInfo",
			ours:    "Not ours: log in with golang.org/x/oauth2 and hand what it has got to `Persistent`.",
			differs: "holdfast logs nobody in; it goes on from the tokens that a login has left.",
			play: func(st *stage) {
				st.answersWith(handsPair("at-0", "rt-0"), handsPair("at-1", "rt-1"))
				login := oauth2.Config{
					ClientID: "client", ClientSecret: "secret",
					Endpoint: oauth2.Endpoint{TokenURL: "https://api.box.com/oauth2/token", AuthStyle: oauth2.AuthStyleInParams},
				}
				sent := time.Now()
				got, err := login.Exchange(context.WithValue(context.Background(), oauth2.HTTPClient, st.client()), "code")
				st.does(err)
				st.sent("POST https://api.box.com/oauth2/token client_id=client&client_secret=secret&code=code&grant_type=authorization_code")
				s := st.has(sessions.Persistent(st.box(), messages.Token{
					Access: messages.Secret(got.AccessToken), Refresh: messages.Secret(got.RefreshToken), Issued: sent, Expiry: got.Expiry,
				}))
				st.serves(s, "at-0")
				st.passes(57 * time.Minute)
				st.serves(s, "at-1")
				st.sent(refreshForm("rt-0"))
			},
		},
		{
			theirs:  "getTokensAuthorizationCodeGrant: should return an error when the code is missing / getTokensAuthorizationCodeGrant: should return an error when the code is an empty string",
			expect:  "`Invalid authorization code.`",
			ours:    "A login that has brought no tokens is ErrInvalid naming the field, and nothing is sent.",
			differs: "As above.",
			play: func(st *stage) {
				_, err := st.tries(sessions.Persistent(st.box(), messages.Token{Type: "bearer"}))
				names(st.T, "Session", err, "Token.Access")
			},
		},
		{
			theirs:  "getTokens: should propagate an error when request encounters an error",
			expect:  "the same error",
			ours:    "ErrUnavailable with RetryAfter after 3 tries: the caller learns that he may come back, and when.",
			differs: "What a transport says may quote URLs and forms; it is not handed on.",
			play: func(st *stage) {
				st.answersWith(times(3, isDown)...)
				err := st.whyNone(st.user(), sessions.ErrUnavailable)
				st.waits(err, time.Second)
				st.sent(userForm, userForm, userForm)
			},
		},
		{
			theirs: "getTokens: should propagate an \"Expired Auth\" error when request returns an invalid token grant response error",
			expect: "403 with `invalid_grant`: `Expired Auth: Auth code or refresh token has expired`",
			ours:   "ErrLoginRequired, whatever the status; `*EndpointError` has status and code. Not tried again.",
			play: func(st *stage) {
				for _, status := range []int{http.StatusForbidden, http.StatusBadRequest, http.StatusUnauthorized, http.StatusOK} {
					st.answersWith(tells(status, `{"error":"invalid_grant","error_description":"Refresh token has expired"}`))
					err := st.whyNone(st.lapsedUser(), sessions.ErrLoginRequired)
					st.blames(err, status, "invalid_grant")
					st.sent(refreshForm("rt-0"))
					st.leaves()
				}
			},
		},
		{
			theirs:  "getTokens: should propagate an \"Unexpected Response\" error when a request returns without JSON",
			expect:  "`Unexpected API Response [200 OK]`",
			ours:    "ErrUnavailable after 3 tries: a page on 200 is a proxy's or a gateway's passing trouble. Nothing of the page is in the error.",
			differs: "Theirs tries once.",
			play: func(st *stage) {
				page := tells(http.StatusOK, "<html>upstream</html>", "Content-Type", "text/html")
				st.answersWith(page, page, hands("at-1"))
				s := st.user()
				st.serves(s, "at-1")
				st.sent(userForm, userForm, userForm)
				st.leaves()
				st.answersWith(page, page, page)
				err := st.whyNone(st.user(), sessions.ErrUnavailable)
				st.blames(err, http.StatusOK, "")
				if strings.Contains(err.Error(), "upstream") {
					st.Errorf("the page is in the error: %v", err)
				}
				st.sent(userForm, userForm, userForm)
			},
		},
		{
			theirs:  "getTokens: should propagate a response error (missing access token, empty access token, `expires_in` 'abc')",
			expect:  "`Token format from response invalid [200 OK]`",
			ours:    "ErrUnavailable, and never a token.",
			differs: "An `expires_in` of \"3600\", as text, is read; theirs refuses it and accepts 0 and -5.",
			play: func(st *stage) {
				st.config.Retries = -1
				for _, body := range []string{
					`{"expires_in":3600}`, `{"access_token":"","expires_in":3600}`, `{"access_token":"at","expires_in":"abc"}`,
					`{"access_token":"at","expires_in":-5}`,
				} {
					st.answersWith(tells(http.StatusOK, body))
					st.turnsAway(st.user(), sessions.ErrUnavailable)
					st.sent(userForm)
					st.leaves()
				}
				st.answersWith(tells(http.StatusOK, `{"access_token":"at","expires_in":"3600"}`))
				st.serves(st.user(), "at")
				st.sent(userForm)
			},
		},
		{
			theirs:  "getTokens: should propagate a response error (missing refresh token, empty refresh token)",
			expect:  "`Token format from response invalid [200 OK]`",
			ours:    "The new access token is served and the refresh token kept.",
			differs: "RFC 6749, section 6: the server MAY issue a new refresh token. One that does not means that the old one is good.",
			play: func(st *stage) {
				for _, none := range []string{`{"access_token":"at-1","expires_in":3600}`, `{"access_token":"at-1","expires_in":3600,"refresh_token":""}`} {
					st.answersWith(tells(http.StatusOK, none), handsPair("at-2", "rt-2"))
					s := st.lapsedUser()
					st.serves(s, "at-1")
					st.passes(57 * time.Minute)
					st.serves(s, "at-2")
					st.sent(refreshForm("rt-0"), refreshForm("rt-0"))
					st.leaves()
				}
			},
		},
		{
			theirs: "getTokens: should set the X-Forwarded-For header when options.ip is set",
			expect: "the header",
			ours:   "The header, on the request that the call itself starts: one who joins sends nothing.",
			play: func(st *stage) {
				st.answersWith(after(time.Second, hands("at-1")))
				s := st.user()
				first := st.asks(1, s)
				st.settles()
				second := st.asks(1, s, fromVisitor())
				first.served(st.T)
				second.served(st.T)
				st.sent(userForm)
			},
		},
		{
			theirs:  "isAccessTokenValid: should return true when access token is valid within given buffer (300 of 200 s gone: false; 100: true; 175 with a buffer of 50: false; neither known: false)",
			expect:  "valid while more than the buffer is left",
			ours:    "The same, with `Config.Margin` for the buffer: at exactly the margin a token is over. One without a life is ErrInvalid where a refresh token must renew it.",
			differs: "By default the margin is a tenth of the token's life, at most 3 min and at least 1.25 s; theirs is 3 min, more than a short token lives. A token from the future is not trusted.",
			play: func(st *stage) {
				life := func(gone time.Duration) messages.Token {
					t := loginAt(time.Now().Add(-gone))
					t.Expiry = t.Issued.Add(200 * time.Second)
					return t
				}
				for _, c := range []struct {
					gone, margin time.Duration
					valid        bool
				}{
					{300 * time.Second, time.Nanosecond, false},
					{100 * time.Second, time.Nanosecond, true},
					{175 * time.Second, 50 * time.Second, false},
					{150 * time.Second, 50 * time.Second, false},
					{150*time.Second - time.Nanosecond, 50 * time.Second, true},
				} {
					st.config.Margin, st.config.Window = c.margin, time.Nanosecond
					want, requests := "at-0", []string(nil)
					if !c.valid {
						st.answersWith(handsPair("at-1", "rt-1"))
						want, requests = "at-1", []string{refreshForm("rt-0")}
					}
					st.serves(st.has(sessions.Persistent(st.box(), life(c.gone))), want)
					st.sent(requests...)
					st.leaves()
				}
				_, err := st.tries(sessions.Persistent(st.box(), messages.Token{Access: "at-0", Refresh: "rt-0", Issued: time.Now()}))
				names(st.T, "no life", err, "Token.Expiry")
			},
		},
		{
			theirs: "getTokensClientCredentialsGrant: should acquire token info with box_subject_id and box_subject_type / getTokensClientCredentialsGrant: should acquire token info with options.ip",
			expect: "`grant_type`, subject, `{ip}`",
			ours:   "The same; a subject without the endpoint's SubjectFields, or half a subject, is ErrInvalid.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"))
				st.serves(st.has(sessions.ClientCredentials(st.box(), enterprise)), "at-1", fromVisitor())
				st.sent(by(companyForm))
				st.leaves()
				_, err := st.tries(sessions.ClientCredentials(st.box(), sessions.Subject{ID: "42"}))
				names(st.T, "half", err, "Subject.Type")
				e := st.box()
				e.SubjectFields = [2]string{}
				_, err = st.tries(sessions.ClientCredentials(e, enterprise))
				names(st.T, "no fields", err, "Endpoint.SubjectFields")
			},
		},
		{
			theirs: "getTokensRefreshGrant: should acquire token info when called with a refresh token / getTokensRefreshGrant: with options",
			expect: "`grant_type=refresh_token, refresh_token`, `{ip}`",
			ours:   "The same.",
			play: func(st *stage) {
				st.answersWith(handsPair("at-1", "rt-1"), handsPair("at-2", "rt-2"))
				s := st.loggedIn()
				st.serves(s, "at-0")
				st.does(s.Refresh(context.Background()))
				st.does(s.Refresh(context.Background(), fromVisitor()))
				st.serves(s, "at-2")
				st.sent(refreshForm("rt-0"), by(refreshForm("rt-1")))
			},
		},
		{
			theirs: "getTokensRefreshGrant: should return an error when the refresh token is null / getTokensRefreshGrant: should return an error when the refresh token is an empty string",
			expect: "`Invalid refresh token.`",
			ours:   "ErrInvalid naming Token.Refresh when the session is opened; nothing is sent.",
			play: func(st *stage) {
				t := lapsed()
				t.Refresh = ""
				_, err := st.tries(sessions.Persistent(st.box(), t))
				names(st.T, "Session", err, "Token.Refresh")
			},
		},
		{
			theirs: "revokeTokens: should make a POST request with the expected params / revokeTokens: should set the X-Forwarded-For header with options",
			expect: "POST to the root's `/oauth2/revoke` with the token and the client, `{ip}`",
			ours:   "The same.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"), tells(http.StatusOK, ""))
				s := st.user()
				st.serves(s, "at-1")
				st.does(s.Revoke(context.Background(), fromVisitor()))
				st.sent(userForm, by(revokeForm("at-1")))
			},
		},
	},
}
