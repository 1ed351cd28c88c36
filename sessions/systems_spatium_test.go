package sessions_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/store"
)

// What is sent to Spatium.
const (
	toSpatium = "POST https://cloud.spatium.net/authorization/v1/api/permission/"
	issueForm = toSpatium + `issue-by-factors {"tokenId":"phone","permissions":["read","delete"],"securityTokens":["proof"]}`
)

func renewForm(refresh string) string {
	return toSpatium + `refresh {"permissionRefreshToken":"` + refresh + `"}`
}

// handsPermission issues a quarter of an hour and thirty days.
func handsPermission(access, refresh string) line {
	return handsPermissionFor(access, refresh, 30*24*time.Hour)
}

func handsPermissionFor(access, refresh string, life time.Duration) line {
	return func(r *http.Request) (*http.Response, error) {
		return says(http.StatusOK, permission(r, access, refresh, 15*time.Minute, life))
	}
}

// permission is the envelope of a request, with tokens that end in so long.
func permission(r *http.Request, access, refresh string, in, refreshIn time.Duration) string {
	return fmt.Sprintf(`{"requestId":%q,"data":{`+
		`"permissionToken":{"permissionToken":%q,"issuer":"authorization-service","expiresAt":%d},`+
		`"permissionRefreshToken":{"permissionRefreshToken":%q,"issuer":"authorization-service","expiresAt":%d}}}`,
		r.Header.Get("Request-Id"), access, time.Now().Add(in).Unix(), refresh, time.Now().Add(refreshIn).Unix())
}

// refusesPermission is the service's own no.
func refusesPermission(r *http.Request) (*http.Response, error) {
	return says(http.StatusUnauthorized, fmt.Sprintf(`{"requestId":%q,"message":"no"}`, r.Header.Get("Request-Id")))
}

func (st *stage) spatium(tokenID string) sessions.Kind {
	service := sessions.Spatium("https://cloud.spatium.net/authorization/v1")
	service.HTTPClient = st.client()
	return sessions.Authorization(service, tokenID, "read", "delete")
}

// established is a session of which the first permission token is at-1.
func (st *stage) established() *sessions.Session {
	st.Helper()
	s := st.has(st.spatium("phone"))
	st.answersWith(handsPermission("at-1", "rt-1"))
	st.does(s.Establish(context.Background(), "proof"))
	st.serves(s, "at-1")
	st.sent(issueForm)
	return s
}

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// spatium is the client of Spatium's authorization service.
var spatium = system{
	name: "Spatium",
	intro: "`@spatium/signer-client`, its `AuthorizationSession`. `sessions.Spatium(baseURL)` is the service and `Authorization` the kind. Its source is not\n" +
		"published: what is marked \"inferred\" follows from its documentation without being there. The paths are fields.",
	moves:   "example_moving_from_spatium_test.go",
	classes: []class{spatiumForms, spatiumStory},
}

var spatiumForms = class{
	name: "The bodies and headers on the wire",
	replays: []replay{
		{
			theirs: "establish",
			expect: "POST `/api/permission/issue-by-factors` with `{tokenId, permissions, securityTokens}` (inferred, as `issue-by-key` has it)",
			ours:   "The same, the members in this order.",
			play: func(st *stage) {
				st.answersWith(handsPermission("at-1", "rt-1"))
				s := st.has(st.spatium("phone"))
				st.does(s.Establish(context.Background(), "proof-1", "proof-2"))
				st.sent(`POST https://cloud.spatium.net/authorization/v1/api/permission/issue-by-factors ` +
					`{"tokenId":"phone","permissions":["read","delete"],"securityTokens":["proof-1","proof-2"]}`)
			},
		},
		{
			theirs: "refresh",
			expect: "a POST under `/api/permission/` with the refresh token (path and member inferred)",
			ours:   "POST `/api/permission/refresh` with `{permissionRefreshToken}`; `AuthorizationService.RefreshPath` is another path.",
			play: func(st *stage) {
				s := st.established()
				st.answersWith(handsPermission("at-2", "rt-2"))
				st.does(s.Refresh(context.Background()))
				st.sent(`POST https://cloud.spatium.net/authorization/v1/api/permission/refresh {"permissionRefreshToken":"rt-1"}`)
				st.leaves()

				service := sessions.Spatium("https://cloud.spatium.net/authorization/v1")
				service.HTTPClient, service.RefreshPath = st.client(), "/api/permission/renew"
				st.answersWith(handsPermission("at-1", "rt-1"), handsPermission("at-2", "rt-2"))
				s = st.has(sessions.Authorization(service, "phone", "read", "delete"))
				st.does(s.Establish(context.Background(), "proof"))
				st.does(s.Refresh(context.Background()))
				st.sent(issueForm, toSpatium+`renew {"permissionRefreshToken":"rt-1"}`)
			},
		},
		{
			theirs: "headers",
			expect: "`Content-Type: application/json`, `accept: application/json`, `request-id` with a UUID",
			ours:   "The same, and no others but `User-Agent`; each request has a `request-id` of its own.",
			play: func(st *stage) {
				st.answersWith(handsPermission("at-1", "rt-1"), handsPermission("at-2", "rt-2"))
				s := st.has(st.spatium("phone"))
				st.does(s.Establish(context.Background(), "proof"))
				st.does(s.Refresh(context.Background()))
				seen := map[string]bool{}
				for _, r := range st.takes() {
					id := r.header.Get("Request-Id")
					if !uuidForm.MatchString(id) || seen[id] {
						st.Errorf("request-id is %q", id)
					}
					seen[id] = true
					r.header.Del("Request-Id")
					want := http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}, "User-Agent": {"holdfast"}}
					if diff := cmp.Diff(want, r.header); diff != "" {
						st.Errorf("headers (-want +got):\n%s", diff)
					}
				}
			},
		},
		{
			theirs:  "the envelope of an answer",
			expect:  "`{requestId, data: {permissionToken: {permissionToken, issuer, expiresAt}, permissionRefreshToken: {…}}}`, `expiresAt` in unix seconds",
			ours:    "Access, Refresh, Expiry and RefreshExpiry of the Token. An answer to another `requestId` is refused.",
			differs: "How long a token lives is told by the answer's `Date`, if it has one: a wrong clock here does no harm.",
			play: func(st *stage) {
				st.answersWith(handsPermission("at-1", "rt-1"))
				s := st.has(st.spatium("phone"))
				st.does(s.Establish(context.Background(), "proof"))
				got, err := s.Token(context.Background())
				st.does(err)
				want := messages.Token{
					Access: "at-1", Refresh: "rt-1", Type: "Bearer", Issued: st.start, Expiry: st.start.Add(15 * time.Minute),
					RefreshExpiry: st.start.Add(30 * 24 * time.Hour), Extra: map[string]string{"issuer": "authorization-service"},
				}
				if diff := cmp.Diff(want, got); diff != "" {
					st.Errorf("token (-want +got):\n%s", diff)
				}
				st.leaves()

				ahead := time.Hour // its clock, of ours
				s = st.has(st.spatium("phone"))
				st.answersWith(func(r *http.Request) (*http.Response, error) {
					return says(http.StatusOK, permission(r, "at-2", "rt-2", ahead+15*time.Minute, ahead+time.Hour), "Date", dateOf(ahead))
				})
				st.does(s.Establish(context.Background(), "proof"))
				if expiry := s.Status().Expiry; !expiry.Equal(st.start.Add(15 * time.Minute)) {
					st.Errorf("with a clock that is ahead it ends at %v", expiry)
				}
				st.leaves()

				st.config.Retries = -1
				s = st.has(st.spatium("phone"))
				st.answersWith(tells(http.StatusOK, `{"requestId":"of another","data":{"permissionToken":{"permissionToken":"at-9","expiresAt":4102444800}}}`))
				st.wants(s.Establish(context.Background(), "proof"), sessions.ErrUnavailable)
				st.turnsAway(s, sessions.ErrNotEstablished)
				st.sent(issueForm, issueForm, issueForm)
			},
		},
	},
}

var spatiumStory = class{
	name:  "AuthorizationSession → Authorization",
	intro: "`establish`, `getPermissionToken` and `refresh` are `Establish`, `AccessToken` and `Refresh`.",
	replays: []replay{
		{
			theirs: "establish; getPermissionToken; 2 s later refresh; getPermissionToken gives another token (their documentation's test)",
			expect: "another token after the refresh",
			ours:   "The same, in two requests.",
			play: func(st *stage) {
				s := st.established()
				st.passes(2 * time.Second)
				st.answersWith(handsPermission("at-2", "rt-2"))
				st.does(s.Refresh(context.Background()))
				st.serves(s, "at-2")
				st.sent(renewForm("rt-1"))
			},
		},
		{
			theirs: "getPermissionToken before establish",
			expect: "an error (inferred)",
			ours:   "ErrNotEstablished, without a request; Refresh as well.",
			play: func(st *stage) {
				s := st.has(st.spatium("phone"))
				st.turnsAway(s, sessions.ErrNotEstablished)
				st.wants(s.Refresh(context.Background()), sessions.ErrNotEstablished)
				st.sent()
			},
		},
		{
			theirs: "establish with a security token that the service refuses",
			expect: "an error (inferred)",
			ours:   "ErrLoginRequired. What was there before is served as before.",
			play: func(st *stage) {
				s := st.has(st.spatium("phone"))
				st.answersWith(refusesPermission)
				st.wants(s.Establish(context.Background(), "proof"), sessions.ErrLoginRequired)
				st.turnsAway(s, sessions.ErrNotEstablished)
				st.sent(issueForm)
				st.leaves()

				s = st.established()
				st.answersWith(refusesPermission)
				st.wants(s.Establish(context.Background(), "proof"), sessions.ErrLoginRequired)
				st.serves(s, "at-1")
				st.sent(issueForm)
			},
		},
		{
			theirs:  "getPermissionToken while the permission token is good",
			expect:  "the held token (inferred; with what buffer is not known)",
			ours:    "The held token: to 90 s before its end, renewed behind the callers in the 5 min before that.",
			differs: "Margin and window are a tenth and a third of the quarter of an hour that a permission token lives.",
			play: func(st *stage) {
				s := st.established()
				st.passes(8 * time.Minute)
				st.serves(s, "at-1")
				st.settles()
				st.sent()
				st.passes(3 * time.Minute)
				st.answersWith(after(time.Second, handsPermission("at-2", "rt-2")))
				st.serves(s, "at-1")
				st.settles()
				st.serves(s, "at-1")
				st.passes(time.Second)
				st.serves(s, "at-2")
				st.sent(renewForm("rt-1"))
			},
		},
		{
			theirs:  "getPermissionToken after the permission token's end",
			expect:  "refreshes, and replaces both tokens (inferred)",
			ours:    "The caller is held for the new token; the next refresh spends the new refresh token. 100 callers at once make one request.",
			differs: "Whether theirs makes one request is not known.",
			play: func(st *stage) {
				s := st.established()
				for i := 2; i < 5; i++ {
					st.passes(14 * time.Minute)
					st.answersWith(after(time.Second, handsPermission(fmt.Sprintf("at-%d", i), fmt.Sprintf("rt-%d", i))))
					if at, want := st.asks(100, s).served(st.T), fmt.Sprintf("at-%d", i); at != want {
						st.Errorf("served %q, want %q", at, want)
					}
				}
				st.sent(renewForm("rt-1"), renewForm("rt-2"), renewForm("rt-3"))
			},
		},
		{
			theirs: "the refresh token has run out",
			expect: "an error, until establish (inferred)",
			ours:   "ErrLoginRequired until Establish. Its end is known, so nothing is sent.",
			play: func(st *stage) {
				s := st.has(st.spatium("phone"))
				st.answersWith(handsPermissionFor("at-1", "rt-1", time.Hour), handsPermission("at-2", "rt-2"))
				st.does(s.Establish(context.Background(), "proof"))
				st.passes(time.Hour)
				for range 3 {
					st.turnsAway(s, sessions.ErrLoginRequired)
					st.passes(time.Hour)
				}
				st.sent(issueForm)
				st.does(s.Establish(context.Background(), "proof"))
				st.serves(s, "at-2")
				st.sent(issueForm)
			},
		},
		{
			theirs: "the service refuses the refresh token",
			expect: "an error, until establish (inferred)",
			ours:   "ErrLoginRequired until Establish, and the refresh token is not sent again.",
			play: func(st *stage) {
				s := st.established()
				st.passes(15 * time.Minute)
				st.answersWith(refusesPermission)
				for range 3 {
					st.turnsAway(s, sessions.ErrLoginRequired)
				}
				st.sent(renewForm("rt-1"))
				st.answersWith(handsPermission("at-2", "rt-2"))
				st.does(s.Establish(context.Background(), "proof"))
				st.serves(s, "at-2")
				st.sent(issueForm)
			},
		},
		{
			theirs: "establish again",
			expect: "the previous refresh token is no longer good",
			ours:   "The session goes on with the new pair only; until it is there the old token is served.",
			play: func(st *stage) {
				s := st.established()
				st.passes(time.Minute)
				st.answersWith(after(time.Second, handsPermission("at-2", "rt-2")), handsPermission("at-3", "rt-3"))
				done := make(chan error, 1)
				go func() { done <- s.Establish(context.Background(), "proof") }()
				st.settles()
				st.serves(s, "at-1")
				st.does(<-done)
				st.serves(s, "at-2")
				st.passes(15 * time.Minute)
				st.serves(s, "at-3")
				st.sent(issueForm, renewForm("rt-2"))
			},
		},
		{
			theirs: "parallel sessions by tokenId",
			expect: "each has a `tokenId` of its own, stable for its life",
			ours:   "Two sessions with two tokenIDs live side by side. A key that is open with another tokenID is ErrInvalid, and so is an empty one.",
			play: func(st *stage) {
				phone := st.established()
				desktop, err := st.mgr.Session("desktop", st.spatium("desktop"))
				st.does(err)
				st.turnsAway(desktop, sessions.ErrNotEstablished)
				st.answersWith(handsPermission("at-desktop", "rt-desktop"))
				st.does(desktop.Establish(context.Background(), "proof"))
				st.serves(desktop, "at-desktop")
				st.serves(phone, "at-1")
				st.sent(strings.Replace(issueForm, `"phone"`, `"desktop"`, 1))
				_, err = st.tries(st.spatium("another"))
				st.wants(err, sessions.ErrInvalid)
				st.leaves()
				_, err = st.tries(st.spatium(""))
				names(st.T, "empty", err, "tokenID")
			},
		},
		{
			theirs: "nobody asks for a while",
			expect: "no refresh while idle (inferred)",
			ours:   "None; `KeepAlive(kind)` renews without being asked.",
			play: func(st *stage) {
				st.established()
				st.passes(24 * time.Hour)
				st.sent()
				st.leaves()

				s := st.has(sessions.KeepAlive(st.spatium("phone")))
				st.answersWith(handsPermission("at-1", "rt-1"), handsPermission("at-2", "rt-2"))
				st.does(s.Establish(context.Background(), "proof"))
				st.passes(12 * time.Minute)
				st.sent(issueForm, renewForm("rt-1"))
			},
		},
		{
			theirs: "the session is written down and read again (the Swift twin is Codable)",
			expect: "goes on without establish",
			ours:   "With a `Config.Store` it goes on after a restart, with the newest pair.",
			play: func(st *stage) {
				st.config.Store = store.NewMemory()
				s := st.established()
				st.answersWith(handsPermission("at-2", "rt-2"), handsPermission("at-3", "rt-3"))
				st.does(s.Refresh(context.Background()))
				st.leaves()
				s = st.has(st.spatium("phone"))
				st.serves(s, "at-2")
				st.passes(15 * time.Minute)
				st.serves(s, "at-3")
				st.sent(renewForm("rt-1"), renewForm("rt-2"))
			},
		},
		{
			theirs:  "ending a session (there is no way)",
			expect:  "–",
			ours:    "Revoke forgets the tokens here and in the store, the session answers ErrRevoked until Establish, and Revoke itself ErrNotSupported: nothing was confirmed.",
			differs: "The service has nothing to end a token by; another Establish ends the refresh token.",
			play: func(st *stage) {
				st.config.Store = store.NewMemory()
				s := st.established()
				st.passes(time.Second)
				st.wants(s.Revoke(context.Background()), sessions.ErrNotSupported)
				st.turnsAway(s, sessions.ErrRevoked)
				st.leaves()
				s = st.has(st.spatium("phone"))
				st.turnsAway(s, sessions.ErrRevoked)
				st.sent()
				st.passes(time.Second)
				st.answersWith(handsPermission("at-2", "rt-2"))
				st.does(s.Establish(context.Background(), "proof"))
				st.serves(s, "at-2")
				st.sent(issueForm)
			},
		},
	},
}
