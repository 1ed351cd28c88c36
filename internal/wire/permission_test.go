package wire_test

import (
	"bufio"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/internal/wire"
	"github.com/holdfast-go/holdfast/messages"
)

const requestID = "0d1f7a52-3c1e-4b5a-9d0e-7a1b2c3d4e5f"

func permissionRequest() wire.Request {
	return wire.Request{
		URL:     "https://cloud.example/authorization/v1/api/permission/refresh",
		JSON:    []wire.Member{{Name: "permissionRefreshToken", Text: "rt-123456"}},
		ID:      requestID,
		Attempt: 1,
	}
}

// permitted is what came of a permission request that is answered raw.
func permitted(t testing.TB, raw string) (messages.Token, error) {
	t.Helper()
	return answering(t, raw).Permission(t.Context(), noon, permissionRequest())
}

// dated is answer with a Date.
func dated(date time.Time, body string) string {
	return strings.Replace(answer(200, body), "\r\n", "\r\nDate: "+date.Format(http.TimeFormat)+"\r\n", 1)
}

// envelope is an answer with these members of the two tokens.
func envelope(permission, refresh string) string {
	return fmt.Sprintf(`{"requestId":%q,"data":{"permissionToken":{%s},"permissionRefreshToken":{%s}}}`, requestID, permission, refresh)
}

func TestPermissionRequestOnTheWire(t *testing.T) {
	r := wire.Request{
		URL: "https://cloud.example/authorization/v1/api/permission/issue-by-factors",
		JSON: []wire.Member{
			{Name: "tokenId", Text: `a "b"`},
			{Name: "permissions", List: []string{"read", "write"}},
			{Name: "securityTokens", List: []string{}},
		},
		Form:        []wire.Field{{"grant_type", "none"}},
		Credentials: wire.Credentials{Fields: []wire.Field{{"client_id", "id"}}},
		Header:      http.Header{"Request-Id": {"somebody else's"}},
		ID:          requestID,
		ClientIP:    netip.MustParseAddr("192.0.2.8"),
	}
	want := `POST /authorization/v1/api/permission/issue-by-factors HTTP/1.1
Host: cloud.example
User-Agent: holdfast
Content-Length: 72
Accept: application/json
Content-Type: application/json
Request-Id: ` + requestID + `
X-Forwarded-For: 192.0.2.8

{"tokenId":"a \"b\"","permissions":["read","write"],"securityTokens":[]}`
	if diff := cmp.Diff(want, onTheWire(t, r)); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

func TestEnvelopeBecomesToken(t *testing.T) {
	// The service's clock is an hour and seven seconds ahead of ours.
	there := noon.Add(time.Hour + 7*time.Second)
	tok, err := permitted(t, dated(there, envelope(
		fmt.Sprintf(`"permissionToken":"at","issuer":"authorization-service","expiresAt":%d`, there.Unix()+900),
		fmt.Sprintf(`"permissionRefreshToken":"rt","issuer":"else","expiresAt":%d`, there.Unix()+86400))))
	if err != nil {
		t.Fatal(err)
	}
	want := messages.Token{
		Access:        "at",
		Refresh:       "rt",
		Type:          "Bearer",
		Issued:        noon,
		Expiry:        noon.Add(15 * time.Minute),
		RefreshExpiry: noon.Add(24 * time.Hour),
		Extra:         map[string]string{"issuer": "authorization-service"},
	}
	if diff := cmp.Diff(want, tok); diff != "" {
		t.Errorf("token (-want +got):\n%s", diff)
	}
}

func TestExpiresAtIsReadByTheServicesClock(t *testing.T) {
	at := noon.Unix()
	for _, test := range []struct {
		expiresAt string
		want      string // with the Date of half a minute ago; without one
	}{
		{fmt.Sprint(at + 900), "15m30s 15m0s"},
		{fmt.Sprintf(`"%d"`, at+900), "15m30s 15m0s"},
		{fmt.Sprintf("%d.5", at+900), "15m30.5s 15m0.5s"},
		{fmt.Sprintf("%.9e", float64(at+900)), "15m30s 15m0s"},
		{fmt.Sprint(at - 10), "20s 0s"},
		{fmt.Sprint(at - 3600), "0s 0s"},
		{"0", "0s 0s"},
		{"-1", "0s 0s"},
		{fmt.Sprint(at * 1000), "876000h0m0s 876000h0m0s"}, // milliseconds
		{"1e400", "876000h0m0s 876000h0m0s"},
		{"null", "? ?"},
	} {
		body := envelope(`"permissionToken":"at","expiresAt":`+test.expiresAt, "")
		var got []string
		for _, raw := range []string{dated(noon.Add(-30*time.Second), body), answer(200, body)} {
			tok, err := permitted(t, raw)
			if err != nil {
				t.Fatalf("%s: %v", test.expiresAt, err)
			}
			got = append(got, lifetime(tok.Issued, tok.Expiry))
		}
		if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.expiresAt, diff)
		}
	}
}

func TestOddEnvelopesAreAccepted(t *testing.T) {
	for body, want := range map[string]string{
		`{"data":{"permissionToken":{"permissionToken":"at"}}}`:                                                  "Bearer for ? (missing)",
		`{"requestId":null,"error":null,"data":{"permissionToken":{"permissionToken":"at"}}}`:                    "Bearer for ? (missing)",
		`{"requestId":"` + strings.ToUpper(requestID) + `","data":{"permissionToken":{"permissionToken":"at"}}}`: "Bearer for ? (missing)",
		envelope(`"permissionToken":"at","issuer":7`, ``):                                                        "Bearer for ? (missing)",
		envelope(`"permissionToken":"at"`, `"permissionRefreshToken":""`):                                        "Bearer for ? (missing)",
		envelope(`"permissionToken":"at"`, `"permissionRefreshToken":"rt","expiresAt":"never"`):                  "Bearer for ? (missing), refresh for ?",
		envelope(`"permissionToken":"at"`, `"permissionRefreshToken":"rt","expiresAt":0`):                        "Bearer for ? (missing), refresh for ?",
		`{"data":{"x":1, "permissionToken" : ` + "\n" + ` {"permissionToken":"at"},"y":{"z":1,"z":2}}}`:          "Bearer for ? (missing)",
	} {
		tok, err := permitted(t, answer(200, body))
		if diff := cmp.Diff(want, outcome(t, tok, err)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", body, diff)
		}
	}
}

// unusableEnvelopes are bodies of a 200 that bring no token, with the reason that
// is given.
func unusableEnvelopes() map[string]string {
	long := strings.Repeat("a", 32<<10+1)
	return map[string]string{
		``:                                  "answer is empty",
		`<html>`:                            "answer is not JSON",
		`{"requestId":"` + requestID:        "answer is cut short",
		`{"data":{},"data":{}}`:             "answer repeats a member",
		`{"access_token":"at"}`:             "answer has no permissionToken",
		`{"data":[]}`:                       "data is not an object",
		`{"data":"at"}`:                     "data is not an object",
		`{"data":{}}`:                       "answer has no permissionToken",
		`{"data":{"permissionToken":"at"}}`: "permissionToken is not an object",
		`{"data":{"permissionToken":{"permissionToken":"at"},"permissionToken":{"permissionToken":"other"}}}`: "answer repeats a member",
		envelope(`"permissionToken":"at","permissionToken":"other"`, ``):                                      "answer repeats a member",
		envelope(`"permissionToken":"at"`, `"permissionRefreshToken":"a","permissionRefreshToken":"b"`):       "answer repeats a member",
		envelope(``, `"permissionRefreshToken":"rt"`):                                                         "answer has no permissionToken",
		envelope(`"permissionToken":7`, ``):                                                                   "permissionToken is not a string",
		envelope(`"permissionToken":{}`, ``):                                                                  "permissionToken is not a string",
		envelope(`"permissionToken":""`, ``):                                                                  "permissionToken is empty",
		envelope(`"permissionToken":"`+long+`"`, ``):                                                          "permissionToken is too large",
		envelope(`"permissionToken":"a\r\nX-Evil: 1"`, ``):                                                    "permissionToken has a character that no header may have",
		envelope(`"permissionToken":"at"`, `"permissionRefreshToken":7`):                                      "permissionRefreshToken is not a string",
		envelope(`"permissionToken":"at"`, `"permissionRefreshToken":"`+long+`"`):                             "permissionRefreshToken is too large",
		envelope(`"permissionToken":"at","expiresAt":"soon"`, ``):                                             "expiresAt is not a number",
		envelope(`"permissionToken":"at","expiresAt":{}`, ``):                                                 "expiresAt is not a number",
		envelope(`"permissionToken":"at","expiresAt":"NaN"`, ``):                                              "expiresAt is not a number",
		`{"requestId":"another","data":{"permissionToken":{"permissionToken":"at"}}}`:                         "answer is for another request",
		`{"requestId":7,"data":{"permissionToken":{"permissionToken":"at"}}}`:                                 "answer is for another request",
		`{"requestId":"","data":{"permissionToken":{"permissionToken":"at"}}}`:                                "answer is for another request",
	}
}

func TestSuccessWithoutUsablePermissionIsDoubtful(t *testing.T) {
	for body, why := range unusableEnvelopes() {
		tok, err := permitted(t, answer(200, body))
		want := "doubtful: " + why + ": endpoint answered 200 (attempt 1)"
		if diff := cmp.Diff(want, outcome(t, tok, err)); diff != "" {
			t.Errorf("%.80q (-want +got):\n%s", body, diff)
		}
	}
	c := wire.New(&http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		return http.ReadResponse(bufio.NewReader(strings.NewReader(answer(200, strings.Repeat(" ", 101)))), req)
	})}, 100)
	_, err := c.Permission(t.Context(), noon, permissionRequest())
	if diff := cmp.Diff("doubtful: answer is too large: endpoint answered 200 (attempt 1)", failed(t, err)); diff != "" {
		t.Errorf("a large answer (-want +got):\n%s", diff)
	}
}

func TestRefusalOfAPermissionServiceIsToldFromThatOfAProxy(t *testing.T) {
	ours := `"requestId":"` + requestID + `"`
	for _, test := range []struct {
		status int
		body   string
		want   string
	}{
		{401, `{` + ours + `}`, "denied: endpoint answered 401 (attempt 1)"},
		{403, `{` + ours + `,"message":"no"}`, "denied: endpoint answered 403 (attempt 1)"},
		{401, `{` + ours + `,"error":"invalid_grant"}`, "denied: endpoint answered 401 invalid_grant (attempt 1)"},
		{403, `{` + ours + `,"error":"TOKEN_EXPIRED"}`, "denied: endpoint answered 403 TOKEN_EXPIRED (attempt 1)"},
		{403, `{` + ours + `,"error":{"code":7}}`, "denied: endpoint answered 403 other (attempt 1)"},
		{403, `{` + ours + `,"error":"no token rt-123456"}`, "denied: endpoint answered 403 other (attempt 1)"},
		{401, `{` + ours + `,"error":"invalid_client"}`, "hopeless: endpoint answered 401 invalid_client (attempt 1)"},
		{401, `{` + ours + `,"error":"temporarily_unavailable"}`, "transient: endpoint answered 401 temporarily_unavailable (attempt 1)"},

		{403, `<html>`, "transient: endpoint answered 403 (attempt 1)"},
		{403, `{}`, "transient: endpoint answered 403 (attempt 1)"},
		{401, `{"requestId":null}`, "transient: endpoint answered 401 (attempt 1)"},
		{401, `{` + ours + `,` + ours + `}`, "transient: endpoint answered 401 (attempt 1)"},
		{403, `{"error":"TOKEN_EXPIRED"}`, "hopeless: endpoint answered 403 TOKEN_EXPIRED (attempt 1)"},
		{401, `{"error":"invalid_grant"}`, "denied: endpoint answered 401 invalid_grant (attempt 1)"},

		{401, `{"requestId":"another"}`, "doubtful: answer is for another request: endpoint answered 401 (attempt 1)"},
		{400, `{"requestId":"another","error":"invalid_grant"}`, "doubtful: answer is for another request: endpoint answered 400 (attempt 1)"},
		{503, `{"requestId":"another"}`, "doubtful: answer is for another request: endpoint answered 503 (attempt 1)"},

		{200, `{` + ours + `,"error":"invalid_grant"}`, "denied: endpoint answered 200 invalid_grant (attempt 1)"},
		{307, `{` + ours + `}`, "transient: redirect refused: endpoint answered 307 (attempt 1)"},
		{400, `{` + ours + `}`, "transient: endpoint answered 400 (attempt 1)"},
		{404, `{` + ours + `}`, "transient: endpoint answered 404 (attempt 1)"},
		{429, `{` + ours + `}`, "transient: endpoint answered 429 (attempt 1)"},
		{500, `{` + ours + `}`, "doubtful: endpoint answered 500 (attempt 1)"},
		{503, `{` + ours + `}`, "transient: endpoint answered 503 (attempt 1)"},
	} {
		_, err := permitted(t, answer(test.status, test.body))
		if diff := cmp.Diff(test.want, failed(t, err)); diff != "" {
			t.Errorf("%d %s (-want +got):\n%s", test.status, test.body, diff)
		}
	}
	_, err := permitted(t, "HTTP/1.1 403 X\r\nContent-Length: 99\r\n\r\n{"+ours+"}")
	if diff := cmp.Diff("doubtful: answer is cut short: endpoint answered 403 (attempt 1)", failed(t, err)); diff != "" {
		t.Errorf("a refusal that breaks off (-want +got):\n%s", diff)
	}
}

func TestPermissionInAnErrorIsNotTaken(t *testing.T) {
	body := envelope(`"permissionToken":"at"`, `"permissionRefreshToken":"rt"`)
	for status, want := range map[int]string{
		400: "transient: endpoint answered 400 (attempt 1)",
		403: "denied: endpoint answered 403 (attempt 1)",
		500: "doubtful: endpoint answered 500 (attempt 1)",
	} {
		tok, err := permitted(t, answer(status, body))
		if diff := cmp.Diff(want, outcome(t, tok, err)); diff != "" {
			t.Errorf("%d (-want +got):\n%s", status, diff)
		}
	}
}

func TestPermissionOfAnAnswerPrintsNoSecret(t *testing.T) {
	tok, err := permitted(t, answer(200, envelope(
		`"permissionToken":"`+canary+`","issuer":"`+canary+`"`, `"permissionRefreshToken":"`+canary+`"`)))
	if err != nil {
		t.Fatal(err)
	}
	if text := everyPrint(t, tok); strings.Contains(text, canary) {
		t.Errorf("the token prints a secret:\n%s", text)
	}
}

func FuzzPermission(f *testing.F) {
	for body := range unusableEnvelopes() {
		if len(body) < 1000 {
			f.Add(200, body)
		}
	}
	f.Add(200, envelope(`"permissionToken":"at","expiresAt":1767269700`, `"permissionRefreshToken":"rt","expiresAt":1767269700`))
	f.Add(403, `{"requestId":"`+requestID+`"}`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 999 || status == 204 || status == 304 {
			return // these have no body
		}
		tok, err := permitted(t, answer(status, body))
		if err != nil {
			checkFailure(t, err, body)
			return
		}
		checkToken(t, tok)
	})
}
