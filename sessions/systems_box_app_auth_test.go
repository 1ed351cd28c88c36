package sessions_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

// kept is a token without a refresh token that a store has had for a while.
func kept(access string, since time.Duration) messages.Token {
	issued := time.Now().Add(-since)
	return messages.Token{Access: messages.Secret(access), Issued: issued, Expiry: issued.Add(time.Hour)}
}

var boxAppAuth = class{
	name: "AppAuthSession → JWTBearer",
	intro: "`sessions.JWTBearer(endpoint, sessions.BoxAssertion(clientID, keyID, subject, key))`, the key read by `sessions.ParseKey`. Their tests\n" +
		"do not touch the store; what it did wrong is in the last table.",
	replays: slices.Concat(gets((*stage).app, assertionForm), revokes((*stage).app, assertionForm), []replay{
		{
			theirs: "(exchangeToken) should get access token and exchange for lower scope with null options when called / (exchangeToken) should get access token and exchange for lower scope with options.ip when called",
			expect: "get, then exchange, with `{ip}` or without",
			ours:   "The same; the address goes onto both requests.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"), handsDown("down-1"))
				st.exchanges(st.app(), preview, "down-1", fromVisitor())
				st.sent(by(assertionForm), by(exchangeForm("at-1", "&scope=item_preview")))
				st.leaves()
				st.answersWith(hands("at-2"), handsDown("down-2"))
				st.exchanges(st.app(), preview, "down-2")
				st.sent(assertionForm, exchangeForm("at-2", "&scope=item_preview"))
			},
		},
		{
			theirs: "(exchangeToken) should reject when getting the access token fails",
			expect: "rejects with the error, no exchange",
			ours:   "The error of AccessToken, and no exchange is sent.",
			play: func(st *stage) {
				st.answersWith(tells(http.StatusBadRequest, `{"error":"unauthorized_client"}`))
				err := st.exchangesNothing(st.app(), preview, sessions.ErrUnavailable)
				st.blames(err, http.StatusBadRequest, "unauthorized_client")
				st.sent(assertionForm)
			},
		},
		{
			theirs: "(exchangeToken) should reject when the token exchange fails",
			expect: "rejects with the error",
			ours:   "ErrInvalid with the endpoint's code where it refuses this exchange; the session goes on.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"), tells(http.StatusBadRequest, `{"error":"invalid_scope"}`))
				s := st.app()
				err := st.exchangesNothing(s, preview, sessions.ErrInvalid)
				st.blames(err, http.StatusBadRequest, "invalid_scope")
				st.serves(s, "at-1")
				st.sent(assertionForm, exchangeForm("at-1", "&scope=item_preview"))
			},
		},
		{
			theirs:  "(handleExpiredTokensError) should return a promise that rejects with passed-in error when no token store is available",
			expect:  "rejects with the error",
			ours:    "`Reject(token, cause)`: the token is withdrawn, its cause is an event, and the next ask signs a new assertion.",
			differs: "Theirs keeps the dead token in memory and hands it out until its end.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"), hands("at-2"))
				s := st.app()
				st.serves(s, "at-1")
				st.does(s.Reject(context.Background(), "at-1", errRefused))
				st.serves(s, "at-2")
				st.sent(assertionForm, assertionForm)
				if got := st.heard(); got != "Acquired Rejected Renewed" {
					st.Errorf("events: %s", got)
				}
			},
		},
		{
			theirs:  "(handleExpiredTokensError) should clear token store when one is available / (handleExpiredTokensError) should return promise that rejects with passed-in error when token store clear succeeds",
			expect:  "`clear` is called once, then the original error",
			ours:    "The store is written with the token that takes the refused one's place; it is not cleared.",
			differs: "There is a new token at once, so nobody needs the error.",
			play: func(st *stage) {
				shelf := st.hasShelf(kept("at-0", time.Minute))
				st.answersWith(hands("at-1"))
				s := st.app()
				st.serves(s, "at-0")
				st.does(s.Reject(context.Background(), "at-0", errRefused))
				st.serves(s, "at-1")
				st.sent(assertionForm)
				if strings.Contains(shelf.had(), "clear") || shelf.has().Access != "at-1" {
					st.Errorf("the store had: %s", shelf.had())
				}
			},
		},
		{
			theirs:  "(handleExpiredTokensError) should return promise that rejects with token store error when token store clear fails",
			expect:  "the error of `clear` instead of the original one",
			ours:    "Only Revoke clears the store of such a session. If that fails, Revoke is ErrUnavailable, nobody gets the token any more, and clearing is tried again; the next Revoke goes on with the server.",
			differs: "What could not be cleared would come back after a restart, so the revocation is not done before it is.",
			play: func(st *stage) {
				shelf := st.hasShelf(kept("at-0", time.Minute))
				shelf.fails(nil, nil, errDisk)
				s := st.app()
				st.serves(s, "at-0")
				st.wants(s.Revoke(context.Background()), sessions.ErrUnavailable)
				st.turnsAway(s, sessions.ErrUnavailable)
				st.sent()
				shelf.fails(nil, nil, nil)
				st.answersWith(tells(http.StatusOK, ""), hands("at-1"))
				st.does(s.Revoke(context.Background()))
				st.serves(s, "at-1")
				st.sent(revokeForm("at-0"), assertionForm)
			},
		},
	}),
}
