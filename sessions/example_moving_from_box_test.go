package sessions_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/store"
)

// boxInMemory grants token-1, token-2, … and greets whoever has one.
func boxInMemory() http.RoundTripper {
	n := 0
	return roundTripper(func(r *http.Request) (int, string) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/revoke"):
			return http.StatusOK, ""
		case strings.HasSuffix(r.URL.Path, "/token"):
			n++
			return http.StatusOK, fmt.Sprintf(`{"access_token":"token-%d","refresh_token":"refresh-%d","token_type":"bearer","expires_in":3600}`, n, n)
		}
		return http.StatusOK, "hello " + r.Header.Get("Authorization")
	})
}

// had: const tokenStore = {read(callback) {…}, write(tokenInfo, callback) {…}, clear(callback) {…}}
type row struct{ info []byte }                                 // yours is in a database
func (r *row) Read(context.Context) (messages.Token, error)    { return parsed(r.info) }
func (r *row) Write(_ context.Context, t messages.Token) error { r.info = t.TokenInfo(); return nil }
func (r *row) Clear(context.Context) error                     { r.info = nil; return nil }

// parsed is messages.ParseTokenInfo, and no token where there is none.
func parsed(info []byte) (messages.Token, error) {
	if info == nil {
		return messages.Token{}, nil
	}
	return messages.ParseTokenInfo(info)
}

// Each line that a user of Box's Node SDK has, and what he writes instead.
func Example_movingFromBox() {
	if err := movesFromBox(context.Background(), &http.Client{Transport: boxInMemory()}); err != nil {
		log.Fatal(err)
	}
	// Output:
	// hello Bearer token-1
	// token-2
	// token-3
	// token-4
	// token-6
	// token-7
	// developer-token
}

func movesFromBox(ctx context.Context, base *http.Client) error {
	// had: const sdk = new BoxSDK({clientID, clientSecret, request: {agentOptions}})
	box := sessions.Box("https://api.box.com", "client", "secret")
	box.HTTPClient = base // nil: a hardened default

	rows := map[string]*row{"anonymous": {}, "user 7": {}, "alice": {}, "enterprise 42": {}, "developer": {}}

	// had: new BoxSDK({…, expiredBufferMS: 180000, numMaxRetries: 2})
	mgr, err := sessions.Open(sessions.Config{
		Margin:  3 * time.Minute, // zero: as long for tokens of half an hour or more
		Retries: 2,
		Store:   store.Adapt(func(key string) store.Classic { return rows[key] }), // nil: in memory
	})
	if err != nil {
		return err
	}

	return errors.Join(
		movesAnonymous(mgr, box, base),
		movesUser(ctx, mgr, box),
		movesLogin(ctx, mgr, box),
		movesApp(ctx, mgr, box),
		movesDeveloper(ctx, mgr, box),
		mgr.Close(ctx),
	)
}

func movesAnonymous(mgr *sessions.Manager, box sessions.Endpoint, base *http.Client) error {
	// had: const client = sdk.getAnonymousClient()  // 2.0 and older
	s, err := mgr.Session("anonymous", sessions.Anonymous(box))
	if err != nil {
		return err
	}

	// had: const me = await client.users.get('me')
	resp, err := s.Client(base, "https://api.box.com").Get("https://api.box.com/2.0/users/me")
	if err != nil {
		return err
	}

	return printBody(resp)
}

func movesUser(ctx context.Context, mgr *sessions.Manager, box sessions.Endpoint) error {
	// had: const client = sdk.getCCGClientForUser('7')
	user, err := mgr.Session("user 7", sessions.ClientCredentials(box, sessions.Subject{Type: "user", ID: "7"}))
	if err != nil {
		return err
	}

	// had: const accessToken = await session.getAccessToken({ip: '203.0.113.7'})
	accessToken, err := user.AccessToken(ctx, sessions.ClientIP(netip.MustParseAddr("203.0.113.7")))
	if err != nil {
		return err
	}

	fmt.Println(accessToken)
	refused := errors.New("401")

	// had: await session.handleExpiredTokensError(err)  // the API has refused the token; Client does this by itself
	err = user.Reject(ctx, accessToken, refused)
	if err != nil {
		return err
	}

	return printToken(ctx, user)
}

func movesLogin(ctx context.Context, mgr *sessions.Manager, box sessions.Endpoint) error {
	text := fmt.Appendf(nil, `{"accessToken":"at","refreshToken":"rt","accessTokenTTLMS":3600000,"acquiredAtMS":%d}`,
		time.Now().Add(-2*time.Hour).UnixMilli())

	// had: const tokenInfo = JSON.parse(text)
	login, err := messages.ParseTokenInfo(text)
	if err != nil {
		return err
	}

	// had: const client = sdk.getPersistentClient(tokenInfo, tokenStore)
	alice, err := mgr.Session("alice", sessions.Persistent(box, login))
	if err != nil {
		return err
	}

	return printToken(ctx, alice)
}

func movesApp(ctx context.Context, mgr *sessions.Manager, box sessions.Endpoint) error {
	pem, err := os.ReadFile("testdata/keys/rsa_des3_sha1.pem")
	if err != nil {
		return err
	}

	// had: new BoxSDK({…, appAuth: {keyID, privateKey, passphrase}})
	key, err := sessions.ParseKey(pem, []byte(passphrase))
	if err != nil {
		return err
	}

	// had: const client = sdk.getAppAuthClient('enterprise', '42')
	company := sessions.Subject{Type: "enterprise", ID: "42"}
	app, err := mgr.Session("enterprise 42", sessions.JWTBearer(box, sessions.BoxAssertion("client", "key ID", company, key)))
	if err != nil {
		return err
	}

	// had: const info = await client.exchangeToken(['item_preview'], resource, {actor: {id: '7', name: 'A Guest'}})
	down, err := app.Exchange(ctx, messages.Exchange{
		Scopes:   []string{"item_preview"},
		Resource: "https://api.box.com/2.0/files/1",
		Actor:    sessions.UnsignedBoxActor("client", "7", "A Guest", time.Now().Add(time.Minute)),
	})
	if err != nil {
		return err
	}

	fmt.Println(down.Access.Reveal())

	// had: await client.revokeTokens()
	err = app.Revoke(ctx)
	if err != nil {
		return err
	}

	return printToken(ctx, app)
}

func movesDeveloper(ctx context.Context, mgr *sessions.Manager, box sessions.Endpoint) error {
	// had: const client = sdk.getBasicClient('developer-token')
	developer, err := mgr.Session("developer", sessions.Static(box, messages.Token{Access: "developer-token"}))
	if err != nil {
		return err
	}

	return printToken(ctx, developer)
}
