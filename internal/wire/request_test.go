package wire_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/internal/wire"
)

// onTheWire is what r looks like there, a line for a line.
func onTheWire(t *testing.T, r wire.Request) string {
	t.Helper()
	var b strings.Builder
	c := through(func(req *http.Request) (*http.Response, error) {
		if req.Header.Get("Host") != "" || req.Header.Get("Content-Length") != "" {
			t.Errorf("a transport could believe %v", req.Header)
		}
		if err := req.Write(&b); err != nil {
			t.Errorf("write the request: %v", err)
		}
		return &http.Response{StatusCode: 204, Body: http.NoBody}, nil
	})
	if err := c.Revoke(t.Context(), noon, r); err != nil {
		t.Fatalf("no request was made: %v", err)
	}
	return strings.ReplaceAll(b.String(), "\r\n", "\n")
}

func TestRequestOnTheWire(t *testing.T) {
	const url = "https://as.example/oauth2/token"
	post := wire.Credentials{Fields: []wire.Field{{"client_id", "id"}, {"client_secret", "s&cret"}}}
	for name, test := range map[string]struct {
		request wire.Request
		want    string
	}{
		"refresh with Post credentials last": {
			wire.Request{
				URL:         url,
				Form:        []wire.Field{{"grant_type", "refresh_token"}, {"refresh_token", "r/t+1="}},
				Credentials: post,
			},
			`POST /oauth2/token HTTP/1.1
Host: as.example
User-Agent: holdfast
Content-Length: 87
Accept: application/json
Content-Type: application/x-www-form-urlencoded

grant_type=refresh_token&refresh_token=r%2Ft%2B1%3D&client_id=id&client_secret=s%26cret`,
		},
		"client credentials for a Box user": {
			wire.Request{
				URL: url,
				Form: []wire.Field{
					{"grant_type", "client_credentials"},
					{"box_subject_type", "user"},
					{"box_subject_id", "17"},
					{"scope", "b a"},
				},
				Credentials: post,
				ClientIP:    netip.MustParseAddr("2001:db8::1%eth0"),
			},
			`POST /oauth2/token HTTP/1.1
Host: as.example
User-Agent: holdfast
Content-Length: 115
Accept: application/json
Content-Type: application/x-www-form-urlencoded
X-Forwarded-For: 2001:db8::1

grant_type=client_credentials&box_subject_type=user&box_subject_id=17&scope=b+a&client_id=id&client_secret=s%26cret`,
		},
		"anonymous, with fields that are not set": {
			wire.Request{
				URL: url,
				Form: []wire.Field{
					{"grant_type", "client_credentials"},
					{"box_subject_type", ""},
					{"box_subject_id", ""},
				},
				Credentials: wire.Credentials{Fields: []wire.Field{{"client_id", "id"}, {"client_secret", ""}}},
			},
			`POST /oauth2/token HTTP/1.1
Host: as.example
User-Agent: holdfast
Content-Length: 42
Accept: application/json
Content-Type: application/x-www-form-urlencoded

grant_type=client_credentials&client_id=id`,
		},
		"Caspio, with Basic credentials and a header of its own": {
			wire.Request{
				URL:         url + "?a=b",
				Form:        []wire.Field{{"grant_type", "client_credentials"}},
				Header:      http.Header{"x-tenant": {"t1"}, "User-Agent": {"gateway/2"}},
				Credentials: wire.Credentials{Authorization: wire.RawBasic("id", "s&cret")},
				ClientIP:    netip.MustParseAddr("::ffff:192.0.2.8"),
			},
			`POST /oauth2/token?a=b HTTP/1.1
Host: as.example
User-Agent: gateway/2
Content-Length: 29
Accept: application/json
Authorization: Basic aWQ6cyZjcmV0
Content-Type: application/x-www-form-urlencoded
X-Forwarded-For: 192.0.2.8
X-Tenant: t1

grant_type=client_credentials`,
		},
		"headers that are not the caller's to set": {
			wire.Request{
				URL:  url,
				Form: []wire.Field{{"token", "at"}},
				Header: http.Header{
					"content-type":      {"text/plain"},
					"ACCEPT":            {"text/html"},
					"authorization":     {"Basic x"},
					"x-forwarded-for":   {"192.0.2.66"},
					"host":              {"evil.example"},
					"Content-length":    {"1"},
					"Idempotency-Key":   {"1"},
					"x-idempotency-key": {"1"},
				},
			},
			`POST /oauth2/token HTTP/1.1
Host: as.example
User-Agent: holdfast
Content-Length: 8
Accept: application/json
Content-Type: application/x-www-form-urlencoded

token=at`,
		},
	} {
		if diff := cmp.Diff(test.want, onTheWire(t, test.request)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestFormIsEncodedInOrder(t *testing.T) {
	got := wire.EncodeForm([]wire.Field{{"", ""}, {"z", "1"}, {"a&b", "=é\r\n"}, {"z", "2"}, {"y", ""}})
	if diff := cmp.Diff("z=1&a%26b=%3D%C3%A9%0D%0A&z=2", got); diff != "" {
		t.Errorf("form (-want +got):\n%s", diff)
	}
}

func TestBasicIsRawOrEncoded(t *testing.T) {
	for _, test := range []struct{ name, got, want string }{
		{"raw", wire.RawBasic("i:d", "p w%").Reveal(), "Basic aTpkOnAgdyU="},
		{"encoded", wire.EncodedBasic("i:d", "p w%").Reveal(), "Basic aSUzQWQ6cCt3JTI1"},
		{"encoded, as in RFC 6749", wire.EncodedBasic("s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw").Reveal(), "Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3"},
	} {
		if diff := cmp.Diff(test.want, test.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestRequestThatCannotBeMadeIsHopelessAndNotSent(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*wire.Request)
		want   string
	}{
		"plain http":              {func(r *wire.Request) { r.URL = "http://as.example/token" }, "URL must be https, or http to a loopback address"},
		"no URL":                  {func(r *wire.Request) { r.URL = "" }, "URL must be an absolute URL"},
		"a header with a newline": {func(r *wire.Request) { r.Header = http.Header{"X-A": {"b\r\nX-Evil: 1"}} }, "a header is not valid"},
		"a header with a space":   {func(r *wire.Request) { r.Header = http.Header{"X A": {"b"}} }, "a header is not valid"},
		"a header without a name": {func(r *wire.Request) { r.Header = http.Header{"": {"b"}} }, "a header is not valid"},
		"a secret with a newline": {func(r *wire.Request) { r.Credentials.Authorization = "Bearer a\nb" }, "a header is not valid"},
	} {
		r := request()
		test.change(&r)
		c := through(func(*http.Request) (*http.Response, error) {
			t.Errorf("%s: the request was sent", name)
			return nil, http.ErrNotSupported
		})
		_, err := c.Token(t.Context(), noon, r)
		if diff := cmp.Diff("hopeless: "+test.want, failed(t, err)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestRequestPrintsNoSecret(t *testing.T) {
	r := secretRequest("https://as.example/" + canary + "?code=" + canary)
	for name, v := range map[string]any{
		"request":                r,
		"pointer to request":     &r,
		"slice of requests":      []wire.Request{r},
		"credentials":            r.Credentials,
		"pointer to credentials": &r.Credentials,
		"field":                  r.Form[0],
		"fields":                 r.Form,
		"pointer to field":       &r.Form[0],
		"request in JSON":        wire.Request{JSON: []wire.Member{{Name: "a", Text: canary}}},
		"member":                 wire.Member{Name: "a", Text: canary, List: []string{canary}},
		"pointer to member":      &wire.Member{Name: "a", Text: canary, List: []string{canary}},
		"members":                []wire.Member{{Name: "a", List: []string{canary}}},
		"broken URL":             wire.Request{URL: "https://" + canary + "@as.example:" + canary},
		"URL with a password":    wire.Request{URL: "https://id:" + canary + "@as.example/"},
		"opaque URL":             wire.Request{URL: "https:" + canary},
	} {
		if text := everyPrint(t, v); strings.Contains(text, canary) {
			t.Errorf("%s prints a secret:\n%s", name, text)
		}
	}
	if diff := cmp.Diff("request to as.example (attempt 3)", fmt.Sprint(r)); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

// everyPrint is each way in which a value commonly ends up in a text.
func everyPrint(t *testing.T, v any) string {
	t.Helper()
	var b strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&b, verb+"\n", v)
	}
	for _, h := range []slog.Handler{slog.NewTextHandler(&b, nil), slog.NewJSONHandler(&b, nil)} {
		slog.New(h).Info("printed", "value", v)
	}
	encoded, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("encode %T: %v", v, err)
	}
	b.Write(encoded)
	return b.String()
}
