package sessions_test

import (
	"net/http"
	"slices"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

var boxCCG = class{
	name:  "CCGSession (2.1 and newer) → ClientCredentials",
	intro: "`getCCGClientForUser(id)` and `getAnonymousClient()` with an enterprise.",
	replays: slices.Concat(gets((*stage).user, userForm), revokes((*stage).user, userForm), []replay{
		{
			theirs:  "should get access token with options.ip and return promise resolving to its own token info when called",
			expect:  "by its name the session's own token; really an exchange, with `{ip}`",
			ours:    "An exchange. The visitor's address goes onto the exchange and onto the grant that it needs first.",
			differs: "Theirs loses the address on one of the two, depending on how it is passed.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"), handsDown("down-1"))
				st.exchanges(st.user(), preview, "down-1", fromVisitor())
				st.sent(by(userForm), by(exchangeForm("at-1", "&scope=item_preview")))
			},
		},
		{
			theirs: "should get access token and exchange for lower scope with null options when called",
			expect: "get, then exchange",
			ours:   "The same, in two requests; the session's own token is as before, and the same exchange again costs no request.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"), handsDown("down-1"))
				s := st.user()
				st.exchanges(s, preview, "down-1")
				st.exchanges(s, preview, "down-1")
				st.serves(s, "at-1")
				st.sent(userForm, exchangeForm("at-1", "&scope=item_preview"))
			},
		},
		{
			theirs: "should return promise that rejects when getting the access token fails",
			expect: "the same error, no exchange",
			ours:   "The error of AccessToken, and no exchange is sent.",
			play: func(st *stage) {
				st.answersWith(tells(http.StatusUnauthorized, `{"error":"invalid_client"}`))
				s := st.user()
				err := st.exchangesNothing(s, preview, sessions.ErrUnavailable)
				st.blames(err, http.StatusUnauthorized, "invalid_client")
				st.sent(userForm)
			},
		},
	}),
}

// preview is an exchange for a token that previews files.
var preview = messages.Exchange{Scopes: []string{"item_preview"}}
