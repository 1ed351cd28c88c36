package sessions_test

import (
	"net/http"
	"time"

	"github.com/holdfast-go/holdfast/sessions"
)

var boxPersistentOld = class{
	name:  "PersistentSession (1.0, with the stale window that the documentation promises) → Persistent",
	intro: "Those of its cases that are in the table above are named there.",
	replays: []replay{
		{
			theirs:  "should propagate a 400 BAD REQUEST error when called without token store",
			expect:  "the error",
			ours:    "A 400 without `invalid_grant` is ErrUnavailable with the endpoint's code, and the refresh token is kept for the next try.",
			differs: "Only `invalid_grant` says that the grant is dead.",
			play: func(st *stage) {
				st.answersWith(tells(http.StatusBadRequest, `{"error":"unauthorized_client"}`))
				s := st.lapsedUser()
				err := st.whyNone(s, sessions.ErrUnavailable)
				st.blames(err, http.StatusBadRequest, "unauthorized_client")
				st.sent(refreshForm("rt-0"))
				st.answersWith(handsPair("at-1", "rt-1"))
				st.passes(5 * time.Minute) // the longest cool-down: a try would not mend it
				st.serves(s, "at-1")
				st.sent(refreshForm("rt-0"))
			},
		},
		{
			theirs:  "should propagate error when store read returns an error",
			expect:  "the error of `read`",
			ours:    "A denial is believed only after another look at the store. While that cannot be read the refresh is tried again, and then the error is ErrUnavailable; nothing is cleared.",
			differs: "Theirs clears the store then.",
			play: func(st *stage) {
				shelf := st.hasShelf(lapsed())
				st.answersWith(meanwhile(func() { shelf.fails(errDisk, nil, nil) }, denies), denies, denies)
				s := st.lapsedUser()
				st.turnsAway(s, sessions.ErrUnavailable)
				st.sent(refreshForm("rt-0"), refreshForm("rt-0"), refreshForm("rt-0"))
				if shelf.has().Refresh != "rt-0" {
					st.Error("the store was cleared")
				}
				shelf.fails(nil, nil, nil)
				shelf.puts(elsewhere())
				st.answersWith(denies)
				st.passes(5 * time.Minute)
				st.serves(s, "at-elsewhere")
				st.sent(refreshForm("rt-0"))
			},
		},
		{
			theirs:  "should call _refreshTokens() in the background when tokens are stale",
			expect:  "the current token at once, a refresh behind it",
			ours:    "The current token at once, a refresh behind it. Where a refresh kills the old access token (`RenewalRevokes`, set by `Box`) who comes during the refresh is held for the new one.",
			differs: "Box removed its stale window in 1.8 because callers were given a token that died in their hands; holding them for the length of one request cures that.",
			play: func(st *stage) {
				for revokes, during := range map[bool]string{false: "at-0", true: "at-1"} {
					st.answersWith(after(time.Second, handsPair("at-1", "rt-1")))
					e := st.box()
					e.RenewalRevokes = revokes
					s := st.has(sessions.Persistent(e, loginNow()))
					st.serves(s, "at-0")
					st.passes(53 * time.Minute)
					st.serves(s, "at-0") // stale: a refresh begins behind it
					st.settles()
					st.serves(s, during)
					st.passes(time.Second)
					st.serves(s, "at-1")
					st.sent(refreshForm("rt-0"))
					st.leaves()
				}
			},
		},
	},
}
