package sessions_test

import (
	"crypto"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/sessions"
)

// opens reads the assertion of a request.
func (r taken) opens(st *stage) said {
	st.Helper()
	return hear(st.T, decoded(st.T, r.body).Get("assertion"), "RS256", keyOf(st.T, "rsa").Public())
}

// afresh checks that no two assertions have one jti, and returns them.
func (st *stage) afresh(took []taken) []said {
	st.Helper()
	seen := map[string]bool{}
	assertions := make([]said, len(took))
	for i, r := range took {
		assertions[i] = r.opens(st)
		if id := assertions[i].ID; id == "" || seen[id] {
			st.Errorf("request %d has the jti %q, which is not new", i+1, id)
		}
		seen[assertions[i].ID] = true
	}
	return assertions
}

// goodFor checks when an assertion begins and ends.
func (st *stage) goodFor(a said, from, to time.Time) {
	st.Helper()
	if !a.IssuedAt.Time().Equal(from) || !a.Expiry.Time().Equal(to) {
		st.Errorf("assertion is good from %v to %v, want %v to %v", a.IssuedAt.Time(), a.Expiry.Time(), from, to)
	}
}

// dateOf is the server's clock, d ahead of ours.
func dateOf(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }

// broken is a key that does not sign.
type broken struct{ crypto.Signer }

func (broken) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, errors.New("the HSM is away")
}

var boxAssertions = class{
	name:  "TokenManager, its JWT → JWTBearer",
	intro: "A fresh assertion for each attempt, with a jti of its own.",
	replays: []replay{
		{
			theirs:  "should create JWT assertion with correct parameters when called",
			expect:  "alg, kid, exp in `expirationTime` seconds, aud, sub, iss, jti, `box_sub_type`; iat only with `verifyTimestamp`",
			ours:    "The same claims with iat, for 30 s (`Assertion.Lifetime`), from the clock that the Manager has; aud is Box's whatever the base URL.",
			differs: "iat is always there: a wrong clock is corrected (see below), not hidden.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"))
				st.serves(st.app(), "at-1")
				a := st.takes()[0].opens(st)
				if a.header.Algorithm != "RS256" || a.header.KeyID != "kid" || a.header.ExtraHeaders["typ"] != "JWT" {
					st.Errorf("header is %+v", a.header)
				}
				st.goodFor(a, st.start, st.start.Add(30*time.Second))
				if len(a.ID) < 22 {
					st.Errorf("jti is %q", a.ID)
				}
				for _, name := range []string{"jti", "iat", "exp"} {
					delete(a.all, name)
				}
				want := map[string]any{"iss": "client", "sub": "42", "box_sub_type": "enterprise", "aud": "https://api.box.com/oauth2/token"}
				if diff := cmp.Diff(want, a.all); diff != "" {
					st.Errorf("claims (-want +got):\n%s", diff)
				}
			},
		},
		{
			theirs:  "should return error when JWT computation throws error",
			expect:  "the same error, no request",
			ours:    "ErrUnavailable, after 3 tries and without a request; a kind without a key is ErrInvalid when the session is opened.",
			differs: "A key may be in an HSM that comes back.",
			play: func(st *stage) {
				a := sessions.BoxAssertion("client", "kid", enterprise, broken{keyOf(st.T, "rsa")})
				s := st.has(sessions.JWTBearer(st.box(), a))
				st.waits(st.whyNone(s, sessions.ErrUnavailable), time.Second)
				st.sent()
				a.Key = nil
				_, err := st.tries(sessions.JWTBearer(st.box(), a))
				names(st.T, "no key", err, "Assertion.Key")
			},
		},
		{
			theirs: "should acquire token info when JWT creation succeeds / should acquire token info when JWT creation succeeds with options.ip",
			expect: "`grant_type, assertion`, `{ip}`",
			ours:   "The same.",
			play: func(st *stage) {
				st.answersWith(hands("at-1"), hands("at-2"))
				s := st.app()
				st.serves(s, "at-1")
				st.passes(57 * time.Minute)
				st.serves(s, "at-2", fromVisitor())
				st.sent(assertionForm, by(assertionForm))
			},
		},
		{
			theirs:  "should retry with new JWT using server date and new jti claim when server rejects exp claim",
			expect:  "a second assertion with exp from the `Date` header and a new jti",
			ours:    "The same, and iat goes by the server's clock too. Later assertions do as well.",
			differs: "We compare the clocks instead of looking for `exp` in the description, correct once a denial, and by a day at most. Theirs adds the wait to exp.",
			play: func(st *stage) {
				ahead := 2 * time.Minute
				st.answersWith(tells(http.StatusBadRequest,
					`{"error":"invalid_grant","error_description":"Please check the 'exp' claim."}`, "Date", dateOf(ahead)),
					hands("at-1"), hands("at-2"))
				s := st.app()
				st.serves(s, "at-1")
				st.passes(57 * time.Minute)
				st.serves(s, "at-2")
				took := st.takes()
				a := st.afresh(took)
				st.goodFor(a[0], st.start, st.start.Add(30*time.Second))
				for i, later := range a[1:] {
					by := st.start.Add(took[i+1].at + ahead).Truncate(time.Second)
					st.goodFor(later, by, by.Add(30*time.Second))
				}
			},
		},
		{
			theirs:  "should retry with new JWT using server date and new jti claim when server rejects jti claim",
			expect:  "a second assertion with a new jti",
			ours:    "Every attempt has a new jti. With both clocks right a denial is not tried again at once: ErrUnavailable, and a new assertion after 5 min.",
			differs: "A jti of ours has never been used, so a denial has another reason that an attempt would not mend. Nothing is read out of descriptions.",
			play: func(st *stage) {
				st.answersWith(tells(http.StatusBadRequest,
					`{"error":"invalid_grant","error_description":"Please check the 'jti' claim."}`, "Date", dateOf(0)))
				s := st.app()
				err := st.whyNone(s, sessions.ErrUnavailable)
				st.blames(err, http.StatusBadRequest, "invalid_grant")
				st.waits(err, 5*time.Minute)
				st.answersWith(hands("at-1"))
				st.passes(5 * time.Minute)
				st.serves(s, "at-1")
				if a := st.afresh(st.takes()); len(a) != 2 {
					st.Errorf("%d requests, want 2", len(a))
				}
			},
		},
		{
			theirs:  "should retry with new jti claim when server rejects because of rate limiting",
			expect:  "exp is the server's date, the lifetime and `Retry-After` (2, then 3) together",
			ours:    "The next attempt comes when `Retry-After` is over, with a new jti and an exp of 30 s from then. For 2 s callers are kept waiting; where it is longer they are told at once when to come back.",
			differs: "Theirs waits that many milliseconds and makes up for it in exp.",
			play: func(st *stage) {
				st.answersWith(tells(http.StatusTooManyRequests, "", "Retry-After", "2"),
					tells(http.StatusTooManyRequests, "", "Retry-After", "3"), hands("at-1"))
				s := st.app()
				st.waits(st.whyNone(s, sessions.ErrUnavailable), 3*time.Second)
				st.passes(3 * time.Second)
				st.serves(s, "at-1")
				took := st.takes()
				for i, a := range st.afresh(took) {
					want := []time.Duration{0, 2 * time.Second, 5 * time.Second}[i]
					if took[i].at != want {
						st.Errorf("request %d came after %s, want %s", i+1, took[i].at, want)
					}
					st.goodFor(a, st.start.Add(want), st.start.Add(want+30*time.Second))
				}
			},
		},
		{
			theirs:  "should retry with new jti claim when server rejects for up to max retries",
			expect:  "`numMaxRetries` 2: three requests, `maxRetriesExceeded`",
			ours:    "`Config.Retries` is 2 by default: three requests, each with a new jti, then ErrUnavailable whose EndpointError has Attempt 3.",
			differs: "",
			play: func(st *stage) {
				st.answersWith(times(3, tells(http.StatusServiceUnavailable, ""))...)
				err := st.whyNone(st.app(), sessions.ErrUnavailable)
				if said, ok := errors.AsType[*sessions.EndpointError](err); !ok || said.Attempt != 3 {
					st.Errorf("error %v, want that of attempt 3", err)
				}
				if a := st.afresh(st.takes()); len(a) != 3 {
					st.Errorf("%d requests, want 3", len(a))
				}
			},
		},
		{
			theirs: "should reject when the API returns any other error",
			expect: "the same error",
			ours:   "ErrUnavailable with the endpoint's code, without another try: the client is not set up right.",
			play: func(st *stage) {
				st.answersWith(tells(http.StatusBadRequest, `{"error":"unauthorized_client"}`))
				err := st.whyNone(st.app(), sessions.ErrUnavailable)
				st.blames(err, http.StatusBadRequest, "unauthorized_client")
				st.sent(assertionForm)
			},
		},
	},
}
