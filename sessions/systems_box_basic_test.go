package sessions_test

import (
	"context"
	"net/http"
	"time"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

// basic is a session of a token that somebody has brought.
func (st *stage) basic() *sessions.Session {
	st.Helper()
	return st.has(sessions.Static(st.box(), messages.Token{Access: "at-0"}))
}

var boxBasic = class{
	name:  "BasicSession → Static",
	intro: "`sessions.Static(endpoint, messages.Token{Access: …})`.",
	replays: []replay{
		{
			theirs:  "should return the current access token when called",
			expect:  "the token it was given, always",
			ours:    "The token it was given, without a request, until it is rejected; one with an Expiry until then. After that ErrLoginRequired, and Refresh is ErrNotSupported.",
			differs: "Theirs hands out a token that has ended, and one that the API has refused.",
			play: func(st *stage) {
				s := st.basic()
				st.passes(1000 * time.Hour)
				st.serves(s, "at-0")
				st.wants(s.Refresh(context.Background()), sessions.ErrNotSupported)
				st.serves(s, "at-0")
				st.does(s.Reject(context.Background(), "at-0", errRefused))
				st.turnsAway(s, sessions.ErrLoginRequired)
				st.leaves()

				now := time.Now()
				s = st.has(sessions.Static(st.box(), messages.Token{Access: "at-0", Issued: now, Expiry: now.Add(time.Hour)}))
				st.passes(56 * time.Minute)
				st.serves(s, "at-0")
				st.passes(time.Minute)
				st.turnsAway(s, sessions.ErrLoginRequired)
			},
		},
		{
			theirs:  "should revoke tokens with null options when called / should revoke tokens with options when called",
			expect:  "the access token is revoked, with `{ip}` or without",
			ours:    "The same; afterwards ErrRevoked.",
			differs: "Theirs goes on handing out the revoked token.",
			play: func(st *stage) {
				for ip, opts := range map[string][]sessions.Option{" for " + visitor: {fromVisitor()}, "": nil} {
					st.leaves()
					st.answersWith(tells(http.StatusOK, ""))
					s := st.basic()
					st.serves(s, "at-0")
					st.does(s.Revoke(context.Background(), opts...))
					st.turnsAway(s, sessions.ErrRevoked)
					st.sent(revokeForm("at-0") + ip)
				}
			},
		},
		{
			theirs: "should exchange token with null options when called / should exchange token with options.ip when called",
			expect: "an exchange of the token, with `{ip}` or without",
			ours:   "The same.",
			play: func(st *stage) {
				x := messages.Exchange{Scopes: []string{"item_preview"}, Resource: "https://api.box.com/2.0/files/1"}
				form := exchangeForm("at-0", "&scope=item_preview&resource=https%3A%2F%2Fapi.box.com%2F2.0%2Ffiles%2F1")
				st.answersWith(handsDown("down-1"), handsDown("down-2"))
				st.exchanges(st.basic(), x, "down-1")
				st.leaves()
				st.exchanges(st.basic(), x, "down-2", fromVisitor())
				st.sent(form, by(form))
			},
		},
		{
			theirs:  "should reject when the token exchange fails",
			expect:  "the same error",
			ours:    "ErrInvalid with the endpoint's code where it refuses this exchange; the token is served as before.",
			differs: "",
			play: func(st *stage) {
				st.answersWith(tells(http.StatusBadRequest, `{"error":"invalid_target"}`))
				s := st.basic()
				err := st.exchangesNothing(s, preview, sessions.ErrInvalid)
				st.blames(err, http.StatusBadRequest, "invalid_target")
				st.serves(s, "at-0")
				st.sent(exchangeForm("at-0", "&scope=item_preview"))
			},
		},
	},
}
