package wire_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/messages"
)

func TestAnswersOfRealServersAreUnderstood(t *testing.T) {
	want := map[string]string{
		"box_token":                     `bearer for 1h9m29s, refresh for ?`,
		"box_client_credentials":        `bearer for 1h5m1s`,
		"box_invalid_grant":             `denied: endpoint answered 400 invalid_grant (attempt 1)`,
		"box_rate_limited":              `transient: endpoint answered 429 (attempt 1) (retry after 14s)`,
		"caspio_token":                  `bearer for 23h59m59s, refresh for ?`,
		"caspio_invalid_client":         `hopeless: endpoint answered 400 invalid_client (attempt 1)`,
		"keycloak_token":                `Bearer for 5m0s, refresh for 30m0s, scopes ["email" "profile"], extra ["session_state"]`,
		"keycloak_offline_token":        `Bearer for 5m0s, refresh for ?, scopes ["openid" "offline_access"], extra ["id_token"]`,
		"go_oidc_token":                 `Bearer for 5m0s, refresh for ?, scopes ["openid" "offline_access"]`,
		"go_oidc_exchange":              `doubtful: token_type is not known: endpoint answered 200 (attempt 1)`,
		"fosite_token":                  `bearer for 4m59s, refresh for ?, scopes ["offline"]`,
		"fosite_inactive_refresh_token": `denied: endpoint answered 400 invalid_grant (attempt 1)`,
		"glewlwyd_empty":                `transient: endpoint answered 403 (attempt 1)`,
		"glewlwyd_scope_invalid":        `hopeless: endpoint answered 400 scope_invalid (attempt 1)`,
		"go_oauth2_invalid_grant":       `denied: endpoint answered 401 invalid_grant (attempt 1)`,
		"oidc_provider_revoke_jwt":      `hopeless: endpoint answered 400 unsupported_token_type (attempt 1)`,
		"zitadel_race":                  `doubtful: endpoint answered 500 server_error (attempt 1)`,
		"github_bad_refresh_token":      `hopeless: endpoint answered 200 bad_refresh_token (attempt 1)`,
		"html_login":                    `doubtful: answer is not JSON: endpoint answered 200 (attempt 1)`,
		"nginx_bad_gateway":             `doubtful: endpoint answered 502 (attempt 1)`,
		"nginx_maintenance":             `transient: endpoint answered 503 (attempt 1) (retry after 2m0s)`,
		"proxy_redirect":                `transient: redirect refused: endpoint answered 307 (attempt 1)`,
	}
	got := map[string]string{}
	for name, raw := range recorded(t) {
		tok, err := answering(t, raw).Token(t.Context(), noon, request())
		got[name] = outcome(t, tok, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

// recorded are the raw answers of testdata by name.
func recorded(t testing.TB) map[string]string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.http")
	if err != nil || len(files) == 0 {
		t.Fatalf("no answers in testdata: %v", err)
	}
	all := map[string]string{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".http")] = string(raw)
	}
	return all
}

func TestAnswerBecomesToken(t *testing.T) {
	tok, err := answering(t, recorded(t)["keycloak_token"]).Token(t.Context(), noon, request())
	if err != nil {
		t.Fatal(err)
	}
	want := messages.Token{
		Access:        "eyJhbGciOiJSUzI1NiIsInR5cCIgOiAiSldUIn0.eyJleHAiOjE3NjcyNjkxMDB9.c2lnbmF0dXJl",
		Refresh:       "eyJhbGciOiJIUzUxMiIsInR5cCIgOiAiSldUIn0.eyJleHAiOjE3NjcyNzA2MDB9.c2lnbmF0dXJl",
		Type:          "Bearer",
		Issued:        noon,
		Expiry:        noon.Add(5 * time.Minute),
		RefreshExpiry: noon.Add(30 * time.Minute),
		Scopes:        []string{"email", "profile"},
		Extra:         map[string]string{"session_state": "4b6d0a6e-6f6c-4c1b-9a0e-2f4c1b9a0e2f"},
	}
	if diff := cmp.Diff(want, tok); diff != "" {
		t.Errorf("token (-want +got):\n%s", diff)
	}
}

// unusable are bodies of a 200 that bring no token, with the reason that is given.
func unusable() map[string]string {
	long := strings.Repeat("a", 32<<10+1)
	return map[string]string{
		``:                                     "answer is empty",
		` `:                                    "answer is empty",
		`<html>`:                               "answer is not JSON",
		`access_token=at&expires_in=3600`:      "answer is not JSON",
		`{"access_token":"at"} {}`:             "answer is not JSON",
		`{"access_token":"at"}]`:               "answer is not JSON",
		`{access_token:"at"}`:                  "answer is not JSON",
		`{"access_token":"at",}`:               "answer is not JSON",
		"{\"access_token\":\"a\nt\"}":          "answer is not JSON",
		strings.Repeat("[", 20_000):            "answer is not JSON",
		`[]`:                                   "answer is not a JSON object",
		`"at"`:                                 "answer is not a JSON object",
		`null`:                                 "answer is not a JSON object",
		`{`:                                    "answer is cut short",
		`{"access_token":"at","expires_in":36`: "answer is cut short",
		`{"access_token":"at","access_token":"other"}`:      "answer repeats a member",
		`{"access_token":"at","\u0061ccess_token":"other"}`: "answer repeats a member",
		`{"access_token":"at","x":null,"x":null}`:           "answer repeats a member",
		`{}`:                                                   "answer has no access_token",
		`{"Access_Token":"at"}`:                                "answer has no access_token",
		`{"error":null,"token_type":"bearer"}`:                 "answer has no access_token",
		`{"access_token":null}`:                                "answer has no access_token",
		`{"access_token":1}`:                                   "access_token is not a string",
		`{"access_token":["at"]}`:                              "access_token is not a string",
		`{"access_token":""}`:                                  "access_token is empty",
		`{"access_token":"` + long + `"}`:                      "access_token is too large",
		`{"access_token":"a\r\nX-Evil: 1"}`:                    "access_token has a character that no header may have",
		`{"access_token":"a\u0000t"}`:                          "access_token has a character that no header may have",
		`{"access_token":"a t"}`:                               "access_token has a character that no header may have",
		`{"access_token":"a\u007ft"}`:                          "access_token has a character that no header may have",
		`{"access_token":"tök"}`:                               "access_token has a character that no header may have",
		"{\"access_token\":\"a\xfft\"}":                        "access_token has a character that no header may have",
		`{"access_token":"at","refresh_token":7}`:              "refresh_token is not a string",
		`{"access_token":"at","refresh_token":["rt"]}`:         "refresh_token is not a string",
		`{"access_token":"at","refresh_token":"` + long + `"}`: "refresh_token is too large",
		`{"access_token":"at","token_type":"mac"}`:             "token_type is not known",
		`{"access_token":"at","token_type":"DPoP"}`:            "token_type is not known",
		`{"access_token":"at","token_type":"N_A"}`:             "token_type is not known",
		`{"access_token":"at","token_type":{}}`:                "token_type is not a string",
		`{"access_token":"at","expires_in":"abc"}`:             "expires_in is not a number",
		`{"access_token":"at","expires_in":""}`:                "expires_in is not a number",
		`{"access_token":"at","expires_in":true}`:              "expires_in is not a number",
		`{"access_token":"at","expires_in":[3600]}`:            "expires_in is not a number",
	}
}

func TestSuccessWithoutUsableTokenIsDoubtful(t *testing.T) {
	for body, why := range unusable() {
		tok, err := answering(t, answer(200, body)).Token(t.Context(), noon, request())
		want := "doubtful: " + why + ": endpoint answered 200 (attempt 1)"
		if diff := cmp.Diff(want, outcome(t, tok, err)); diff != "" {
			t.Errorf("%.80q (-want +got):\n%s", body, diff)
		}
	}
}

func TestOddAnswersAreAccepted(t *testing.T) {
	long := strings.Repeat("a", 32<<10)
	for _, test := range []struct{ body, want string }{
		{`{"access_token":"at"}`, "Bearer for ? (missing)"},
		{"\n {\"access_token\":\"at\"} \n", "Bearer for ? (missing)"},
		{`{"access_token":"` + long + `","refresh_token":"` + long + `"}`, "Bearer for ? (missing), refresh for ?"},
		{`{"access_token":"at","token_type":null,"expires_in":null}`, "Bearer for ? (missing)"},
		{`{"access_token":"at","token_type":""}`, "Bearer for ? (missing)"},
		{`{"access_token":"at","token_type":"BEARER"}`, "BEARER for ? (missing)"},
		{`{"access_token":"at","refresh_token":null}`, "Bearer for ? (missing)"},
		{`{"access_token":"at","refresh_token":""}`, "Bearer for ? (missing)"},
		{`{"access_token":"at","error":null}`, "Bearer for ? (missing)"},
		{`{"access_token":"at","error":""}`, "Bearer for ? (missing)"},
		{`{"access_token":"at","error":false}`, "Bearer for ? (missing)"},
		{`{"access_token":"at","scope":""}`, "Bearer for ? (missing), scopes []"},
		{`{"access_token":"at","scope":" a  b "}`, `Bearer for ? (missing), scopes ["a" "b"]`},
		{`{"access_token":"at","scope":["a","b c",1]}`, `Bearer for ? (missing), scopes ["a" "b c"]`},
		{`{"access_token":"at","scope":null}`, "Bearer for ? (missing)"},
		{`{"access_token":"at","scope":7}`, "Bearer for ? (missing)"},
		{`{"access_token":"at","ext_expires_in":3599,"id_token":"x","account":{"a":"b"}}`, `Bearer for ? (missing), extra ["id_token"]`},
		{`{"access_token":"at","account":{"a":1,"a":2}}`, "Bearer for ? (missing)"},
		{`{"access_token":"at","a\":{":"b\\\":","c":[{"d:":1},"]"],"e":":"}`, `Bearer for ? (missing), extra ["a\":{" "e"]`},
	} {
		tok, err := answering(t, answer(200, test.body)).Token(t.Context(), noon, request())
		if diff := cmp.Diff(test.want, outcome(t, tok, err)); diff != "" {
			t.Errorf("%.80q (-want +got):\n%s", test.body, diff)
		}
	}
}

func TestRefreshExpiryIsReadUnderBothNames(t *testing.T) {
	for _, test := range []struct {
		members string
		want    time.Duration // zero: unknown
	}{
		{`"refresh_token_expires_in":60`, time.Minute},
		{`"refresh_expires_in":"60"`, time.Minute},
		{`"refresh_token_expires_in":60,"refresh_expires_in":5`, time.Minute},
		{`"refresh_token_expires_in":"never","refresh_expires_in":60`, time.Minute},
		{`"refresh_expires_in":0`, 0},
		{`"refresh_expires_in":-1`, 0},
		{`"refresh_expires_in":null`, 0},
		{`"refresh_expires_in":{}`, 0},
	} {
		body := `{"access_token":"at","refresh_token":"rt",` + test.members + `}`
		tok, err := answering(t, answer(200, body)).Token(t.Context(), noon, request())
		if err != nil {
			t.Errorf("%s: %v", test.members, err)
			continue
		}
		want := time.Time{}
		if test.want != 0 {
			want = noon.Add(test.want)
		}
		if !tok.RefreshExpiry.Equal(want) {
			t.Errorf("%s: refresh token ends %v, want %v", test.members, tok.RefreshExpiry, want)
		}
		if tok.Extra != nil {
			t.Errorf("%s: extra is %v", test.members, tok.Extra)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	for _, raw := range recorded(f) {
		_, body, _ := strings.Cut(raw, "\n\n")
		f.Add(200, body)
	}
	for body := range unusable() {
		if len(body) < 1000 {
			f.Add(200, body)
		}
	}
	f.Add(400, `{"error":"invalid_grant"}`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 999 || status == 204 || status == 304 {
			return // these have no body
		}
		tok, err := answering(t, answer(status, body)).Token(t.Context(), noon, request())
		if err != nil {
			checkFailure(t, err, body)
			return
		}
		checkToken(t, tok)
	})
}

func checkToken(t *testing.T, tok messages.Token) {
	t.Helper()
	access := tok.Access.Reveal()
	if access == "" || len(access) > 32<<10 || strings.ContainsFunc(access, func(r rune) bool { return r <= ' ' || r > '~' }) {
		t.Errorf("accepted the access token %q", access)
	}
	if len(tok.Refresh) > 32<<10 {
		t.Errorf("accepted a refresh token of %d bytes", len(tok.Refresh))
	}
	if !tok.Expiry.IsZero() && (tok.Lifetime() < 0 || tok.Lifetime() > 100*365*24*time.Hour) {
		t.Errorf("accepted a lifetime of %v", tok.Lifetime())
	}
}

func checkFailure(t *testing.T, err error, body string) {
	t.Helper()
	f, ok := err.(messages.Failure) //nolint:errorlint // the contract is the very type
	if !ok {
		t.Fatalf("error is a %T", err)
	}
	if len(f.Code) > 64 || strings.ContainsFunc(f.Code, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) {
		t.Errorf("code %q of %q", f.Code, body)
	}
	if f.Code == "" && f.Status < 400 && f.Reason == "" {
		t.Errorf("no reason for %d %q", f.Status, body)
	}
}
