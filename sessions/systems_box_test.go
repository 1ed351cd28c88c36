package sessions_test

import (
	"time"

	"github.com/holdfast-go/holdfast/sessions"
)

// box is the Node SDK of Box, versions 1 to 4.
var box = system{
	name: "Box",
	intro: "`box-node-sdk` 1.0 to 4.15. `sessions.Box(baseURL, clientID, secret)` is the endpoint; `PersistentSession` is `Persistent`,\n" +
		"`CCGSession` is `ClientCredentials`, `AnonymousSession` is `Anonymous`, `AppAuthSession` is `JWTBearer` and `BasicSession` is `Static`.\n" +
		"A `TokenInfo` is read with `messages.ParseTokenInfo` and written with `Token.TokenInfo`; a token store with `read`, `write` and `clear` becomes\n" +
		"a `store.Classic` and goes through `store.Adapt`. Many of their tests pass without looking at what they say (a `.catch`\n" +
		"with an assertion passes when nothing is thrown); here each case is strict.",
	moves: "example_moving_from_box_test.go",
	classes: []class{
		boxForms, boxPersistent, boxPersistentOld, boxCCG, boxAnonymous, boxAnonymousOld,
		boxAppAuth, boxBasic, boxTokens, boxAssertions, boxExchanges,
	},
}

// The requests to Box, up to what each has of its own.
const (
	toToken  = "POST https://api.box.com/oauth2/token "
	toRevoke = "POST https://api.box.com/oauth2/revoke "
	asClient = "&client_id=client&client_secret=secret"
)

// What is sent to Box.
const (
	anonymousForm = toToken + "grant_type=client_credentials" + asClient
	userForm      = toToken + "grant_type=client_credentials&box_subject_type=user&box_subject_id=7" + asClient
	companyForm   = toToken + "grant_type=client_credentials&box_subject_type=enterprise&box_subject_id=42" + asClient
	assertionForm = toToken + "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=JWT" + asClient
)

func refreshForm(refresh string) string {
	return toToken + "grant_type=refresh_token&refresh_token=" + refresh + asClient
}

func revokeForm(token string) string { return toRevoke + "token=" + token + asClient }

// exchangeForm is the form of an exchange; rest is what it is for.
func exchangeForm(subject, rest string) string {
	return toToken + "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange" +
		"&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token&subject_token=" + subject + rest + asClient
}

// by is a request that a visitor has caused.
func by(form string) string { return form + " for " + visitor }

// box is Box, played by the script.
func (st *stage) box() sessions.Endpoint {
	e := sessions.Box("https://api.box.com", "client", "secret")
	e.HTTPClient = st.client()
	return e
}

// user is a session of CCG for a user.
func (st *stage) user() *sessions.Session {
	st.Helper()
	return st.has(sessions.ClientCredentials(st.box(), sessions.Subject{Type: "user", ID: "7"}))
}

// anonymous is an anonymous session.
func (st *stage) anonymous() *sessions.Session {
	st.Helper()
	return st.has(sessions.Anonymous(st.box()))
}

// app is a session of app auth for an enterprise.
func (st *stage) app() *sessions.Session {
	st.Helper()
	return st.has(sessions.JWTBearer(st.box(), sessions.BoxAssertion("client", "kid", enterprise, keyOf(st.T, "rsa"))))
}

var enterprise = sessions.Subject{Type: "enterprise", ID: "42"}

// lapsedUser is a session of a login whose access token has ended.
func (st *stage) lapsedUser() *sessions.Session {
	st.Helper()
	return st.has(sessions.Persistent(st.box(), lapsed()))
}

// loggedIn is a session of a login of just now.
func (st *stage) loggedIn() *sessions.Session {
	st.Helper()
	return st.has(sessions.Persistent(st.box(), loginNow()))
}

// loggedInLongAgo is a session that has served its login's access token until that
// ended.
func (st *stage) loggedInLongAgo() *sessions.Session {
	st.Helper()
	s := st.loggedIn()
	st.serves(s, "at-0")
	st.passes(57 * time.Minute)
	return s
}
