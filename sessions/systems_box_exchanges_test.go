package sessions_test

import (
	"net/http"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

var boxExchanges = class{
	name:  "TokenManager, exchangeToken → Session.Exchange",
	intro: "The token that an exchange brings never outlives the session's own, and is kept for the next who asks for the same.",
	replays: []replay{
		{
			theirs: "should exchange token when called with only a scope / should exchange token when called with a scope and options.ip",
			expect: "the form with the scope, `{ip}`",
			ours:   "The same. A life longer than the parent's is cut to it.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"), handsDown("down-1"))
				s := st.user()
				st.serves(s, "at-1")
				st.sent(userForm)
				st.passes(10 * time.Minute)
				t := st.exchanges(s, preview, "down-1", fromVisitor())
				if parent := st.start.Add(time.Hour); t.Expiry.After(parent) {
					st.Errorf("it ends at %v, its parent at %v", t.Expiry, parent)
				}
				st.sent(by(exchangeForm("at-1", "&scope=item_preview")))
			},
		},
		{
			theirs: "should exchange token when called with multiple scopes",
			expect: "`scope=item_preview item_read`",
			ours:   "The same; the other order is the same exchange, and is answered without a request. A scope with a space in it is ErrInvalid.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"), handsDown("down-1"))
				s := st.user()
				st.exchanges(s, messages.Exchange{Scopes: []string{"item_preview", "item_read"}}, "down-1")
				st.exchanges(s, messages.Exchange{Scopes: []string{"item_read", "item_preview"}}, "down-1")
				st.sent(userForm, exchangeForm("at-1", "&scope=item_preview+item_read"))
				err := st.exchangesNothing(s, messages.Exchange{Scopes: []string{"item_preview item_read"}}, sessions.ErrInvalid)
				names(st.T, "space", err, "Exchange.Scopes")
			},
		},
		{
			theirs: "should exchange token when called with a scope and a resource",
			expect: "`scope`, then `resource`",
			ours:   "The same. One that is no absolute URI is ErrInvalid.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"), handsDown("down-1"))
				s := st.user()
				st.exchanges(s, messages.Exchange{Scopes: []string{"item_preview"}, Resource: "https://api.box.com/2.0/folders/1"}, "down-1")
				st.sent(userForm, exchangeForm("at-1", "&scope=item_preview&resource=https%3A%2F%2Fapi.box.com%2F2.0%2Ffolders%2F1"))
				err := st.exchangesNothing(s, messages.Exchange{Resource: "folders/1"}, sessions.ErrInvalid)
				names(st.T, "relative", err, "Exchange.Resource")
			},
		},
		{
			theirs:  "should reject when the call to exchange the token fails",
			expect:  "the same error",
			ours:    "ErrInvalid with the endpoint's code where it refuses the exchange, and at once the next time too. Where it may be the session's own token that it refuses, that is renewed and the exchange tried once more. Otherwise ErrUnavailable.",
			differs: "RFC 8693 has `invalid_request` for a subject token that is not valid; theirs hands that on.",
			play: func(st *stage) {
				form := func(subject string) string { return exchangeForm(subject, "&scope=item_preview") }
				st.answersWith(hands("at-1"), tells(http.StatusBadRequest, `{"error":"invalid_scope"}`))
				s := st.user()
				err := st.exchangesNothing(s, preview, sessions.ErrInvalid)
				st.blames(err, http.StatusBadRequest, "invalid_scope")
				st.sent(userForm, form("at-1"))
				_ = st.exchangesNothing(s, preview, sessions.ErrInvalid)
				st.sent()
				st.leaves()

				st.answersWith(hands("at-1"), tells(http.StatusBadRequest, `{"error":"invalid_request"}`), hands("at-2"), handsDown("down-1"))
				st.exchanges(st.user(), preview, "down-1")
				st.sent(userForm, form("at-1"), userForm, form("at-2"))
				st.leaves()

				st.config.Retries = -1
				st.answersWith(hands("at-1"), tells(http.StatusServiceUnavailable, ""))
				err = st.exchangesNothing(st.user(), preview, sessions.ErrUnavailable)
				st.blames(err, http.StatusServiceUnavailable, "")
				st.sent(userForm, form("at-1"))
			},
		},
		{
			theirs:  "should create actor JWT with the expected claims when called with an actor",
			expect:  "`alg: none`, an empty signature, a minute to live, iss, sub, aud, jti, `box_sub_type: external`, name",
			ours:    "The same, from `sessions.UnsignedBoxActor` and from nowhere else; exp is the caller's to say.",
			differs: "",
			play: func(st *stage) {
				exp := time.Now().Add(time.Minute)
				a := sessions.UnsignedBoxActor("client", "7", "A Guest", exp)
				part := strings.Split(a.Token.Reveal(), ".")
				claims := claimsOf(st.T, part[1])
				if id, _ := claims["jti"].(string); len(part) != 3 || part[2] != "" || len(id) < 22 {
					st.Errorf("%d parts, jti %q", len(part), id)
				}
				delete(claims, "jti")
				want := []map[string]any{{"alg": "none", "typ": "JWT"}, {
					"iss": "client", "sub": "7", "aud": "https://api.box.com/oauth2/token",
					"box_sub_type": "external", "name": "A Guest", "exp": float64(exp.Unix()),
				}}
				if diff := cmp.Diff(want, []map[string]any{claimsOf(st.T, part[0]), claims}); diff != "" {
					st.Errorf("header and claims (-want +got):\n%s", diff)
				}
			},
		},
		{
			theirs: "should exchange token with the actor token when called with an actor",
			expect: "`actor_token, actor_token_type=urn:ietf:params:oauth:token-type:id_token`",
			ours:   "The same.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"), handsDown("down-1"))
				a := sessions.UnsignedBoxActor("client", "7", "A Guest", time.Now().Add(time.Minute))
				st.exchanges(st.app(), messages.Exchange{Scopes: []string{"item_preview"}, Actor: a}, "down-1")
				st.sent(assertionForm, exchangeForm("at-1", "&scope=item_preview&actor_token="+a.Token.Reveal()+
					"&actor_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aid_token"))
			},
		},
		{
			theirs:  "should return an error and send nothing when the creation of the actor JWT fails",
			expect:  "the same error, no request",
			ours:    "An unsigned token cannot fail; an Actor without a token or a type is ErrInvalid naming the field, and nothing is sent, not even for the parent.",
			differs: "",
			play: func(st *stage) {
				s := st.app()
				for field, a := range map[string]*messages.Actor{
					"Exchange.Actor.Token": {Type: "urn:ietf:params:oauth:token-type:id_token"},
					"Exchange.Actor.Type":  {Token: "actor"},
				} {
					err := st.exchangesNothing(s, messages.Exchange{Scopes: []string{"item_preview"}, Actor: a}, sessions.ErrInvalid)
					names(st.T, field, err, field)
				}
				st.sent()
			},
		},
		{
			theirs: "should exchange token with the shared link when called with one",
			expect: "`box_shared_link`",
			ours:   "The same. Where the endpoint is not Box's it is ErrInvalid, and nothing is sent.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"), handsDown("down-1"))
				x := messages.Exchange{Scopes: []string{"item_preview"}, SharedLink: "https://app.box.com/s/abc"}
				st.exchanges(st.user(), x, "down-1")
				st.sent(userForm, exchangeForm("at-1", "&scope=item_preview&box_shared_link=https%3A%2F%2Fapp.box.com%2Fs%2Fabc"))
				st.leaves()
				e := st.box()
				e.SubjectFields = [2]string{}
				err := st.exchangesNothing(st.has(sessions.ClientCredentials(e, sessions.Subject{})), x, sessions.ErrInvalid)
				names(st.T, "elsewhere", err, "Exchange.SharedLink")
			},
		},
	},
}
