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

var boxForms = class{
	name:  "The forms on the wire",
	intro: "Each field in its place: the grant's own first, the client's credentials last, empty ones left out.",
	replays: []replay{
		{
			theirs: "refresh",
			expect: "`grant_type=refresh_token, refresh_token, client_id, client_secret`",
			ours:   "The same, to `/oauth2/token`.",
			play: func(st *stage) {
				st.answersWith(handsPair("at-1", "rt-1"))
				st.serves(st.lapsedUser(), "at-1")
				st.sent("POST https://api.box.com/oauth2/token grant_type=refresh_token&refresh_token=rt-0&client_id=client&client_secret=secret")
			},
		},
		{
			theirs: "CCG",
			expect: "`grant_type=client_credentials, box_subject_type (user or enterprise), box_subject_id, client_id, client_secret`",
			ours:   "The same.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"), hands("at-2"))
				st.serves(st.user(), "at-1")
				st.leaves()
				st.serves(st.has(sessions.ClientCredentials(st.box(), enterprise)), "at-2")
				st.sent("POST https://api.box.com/oauth2/token grant_type=client_credentials&box_subject_type=user&box_subject_id=7&client_id=client&client_secret=secret",
					"POST https://api.box.com/oauth2/token grant_type=client_credentials&box_subject_type=enterprise&box_subject_id=42&client_id=client&client_secret=secret")
			},
		},
		{
			theirs: "anonymous (2.0 and older)",
			expect: "`grant_type=client_credentials, client_id, client_secret`, no subject",
			ours:   "The same.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"))
				st.serves(st.anonymous(), "at-1")
				st.sent("POST https://api.box.com/oauth2/token grant_type=client_credentials&client_id=client&client_secret=secret")
			},
		},
		{
			theirs: "JWT",
			expect: "`grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer, assertion, client_id, client_secret`",
			ours:   "The same.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"))
				st.serves(st.app(), "at-1")
				sent := st.takes()[0].body
				prefix, suffix := "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=", "&client_id=client&client_secret=secret"
				jwt, ok := strings.CutPrefix(strings.TrimSuffix(sent, suffix), prefix)
				if !ok || !strings.HasSuffix(sent, suffix) || strings.Count(jwt, ".") != 2 || strings.Contains(jwt, "&") {
					st.Errorf("sent %s", sent)
				}
			},
		},
		{
			theirs: "exchange",
			expect: "`grant_type=urn:ietf:params:oauth:grant-type:token-exchange, subject_token_type, subject_token, scope, [resource], [box_shared_link], [actor_token, actor_token_type], client_id, client_secret`",
			ours:   "The same, with everything that an exchange can have.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"), handsDown("down-1"))
				x := messages.Exchange{
					Scopes: []string{"item_preview", "item_read"}, Resource: "https://api.box.com/2.0/files/1",
					SharedLink: "https://app.box.com/s/abc",
					Actor:      &messages.Actor{Token: "actor", Type: "urn:ietf:params:oauth:token-type:id_token"},
				}
				st.exchanges(st.user(), x, "down-1")
				st.sent(userForm, "POST https://api.box.com/oauth2/token grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange"+
					"&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token&subject_token=at-1&scope=item_preview+item_read"+
					"&resource=https%3A%2F%2Fapi.box.com%2F2.0%2Ffiles%2F1&box_shared_link=https%3A%2F%2Fapp.box.com%2Fs%2Fabc"+
					"&actor_token=actor&actor_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aid_token&client_id=client&client_secret=secret")
			},
		},
		{
			theirs: "revoke",
			expect: "`token, client_id, client_secret`",
			ours:   "The same, to `/oauth2/revoke`.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"), tells(http.StatusOK, ""))
				s := st.user()
				st.serves(s, "at-1")
				st.does(s.Revoke(context.Background()))
				st.sent(userForm, "POST https://api.box.com/oauth2/revoke token=at-1&client_id=client&client_secret=secret")
			},
		},
		{
			theirs:  "headers",
			expect:  "`Content-Type: application/x-www-form-urlencoded`, `Accept: application/json`, `User-Agent: Box Node.js SDK v…`, `X-Forwarded-For` with the caller's address",
			ours:    "The same, and no others; `User-Agent` is `holdfast`, or what `Endpoint.Header` says.",
			differs: "We are not the Node SDK. `sessions.ClientIP` takes one address, theirs any text.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"), hands("at-2"), hands("at-3"))
				s := st.user()
				st.serves(s, "at-1", fromVisitor())
				st.passes(57 * time.Minute)
				st.serves(s, "at-2")
				want := http.Header{
					"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"application/json"},
					"User-Agent": {"holdfast"}, "X-Forwarded-For": {visitor},
				}
				st.leaves()
				e := st.box()
				e.Header = http.Header{"User-Agent": {"mine"}, "Accept": {"text/plain"}}
				st.serves(st.has(sessions.Anonymous(e)), "at-3")
				took := st.takes()
				if diff := cmp.Diff(want, took[0].header); diff != "" {
					st.Errorf("headers (-want +got):\n%s", diff)
				}
				delete(want, "X-Forwarded-For")
				if diff := cmp.Diff(want, took[1].header); diff != "" {
					st.Errorf("headers (-want +got):\n%s", diff)
				}
				want.Set("User-Agent", "mine")
				if diff := cmp.Diff(want, took[2].header); diff != "" {
					st.Errorf("headers (-want +got):\n%s", diff)
				}
			},
		},
	},
}
