package wire_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/internal/wire"
	"github.com/holdfast-go/holdfast/messages"
)

// canary stands in every place that may hold a secret.
const canary = "canary-7f3a9"

func secretRequest(url string) wire.Request {
	return wire.Request{
		URL:    url,
		Form:   []wire.Field{{"grant_type", "refresh_token"}, {"refresh_token", canary}},
		Header: http.Header{"X-Api-Key": {canary}},
		Credentials: wire.Credentials{
			Authorization: wire.RawBasic("id", canary),
			Fields:        []wire.Field{{"client_secret", canary}},
		},
		ClientIP: netip.MustParseAddr("192.0.2.7"),
		Attempt:  3,
	}
}

func TestNoFailureHoldsASecret(t *testing.T) {
	for _, tr := range troubles() {
		for name, ask := range askings() {
			checkSilent(t, tr.name+", "+name, tr.meet(t, ask))
		}
	}
	url := anywhere + "?code=" + canary
	for name, raw := range tellTales() {
		for what, ask := range askings() {
			checkSilent(t, name+", "+what, ask(t.Context(), answering(t, raw), url))
		}
	}
	for _, url := range []string{canary, "http://" + canary + ".example", "https://" + canary + ":x@as.example", "https://as.example/#" + canary, "https://as.example:" + canary} {
		for what, ask := range askings() {
			checkSilent(t, "a bad URL, "+what, ask(t.Context(), own(t), url))
		}
		if err := wire.CheckURL(url); err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("CheckURL of %q is %v", url, err)
		}
	}
}

// tellTales are answers that repeat a secret wherever an answer can.
func tellTales() map[string]string {
	raw := map[string]string{
		"the status line": "HTTP/1.1 500 " + canary + "\r\n\r\n",
		"a header":        "HTTP/1.1 503 X\r\nRetry-After: " + canary + "\r\nDate: " + canary + "\r\n\r\n",
		"a location":      "HTTP/1.1 302 X\r\nLocation: https://" + canary + "/%zz\r\n\r\n",
	}
	for name, body := range map[string]string{
		"a page":                 `<html>` + canary,
		"half a JSON":            `{"access_token":"` + canary,
		"no JSON":                `{"access_token":"` + canary + `"}}`,
		"a member twice":         `{"` + canary + `":1,"` + canary + `":2}`,
		"an unusable token":      `{"access_token":"` + canary + `\n"}`,
		"an unusable refresh":    `{"access_token":"at","refresh_token":["` + canary + `"]}`,
		"an unusable type":       `{"access_token":"at","token_type":"` + canary + `"}`,
		"an unusable number":     `{"access_token":"at","expires_in":"` + canary + `"}`,
		"a code":                 `{"error":"` + canary + `"}`,
		"a sentence as the code": `{"error":"no such token: ` + canary + `"}`,
		"a code and more":        `{"error":"invalid_grant","error_description":"` + canary + `","access_token":"` + canary + `"}`,
		"an envelope":            `{"requestId":"` + requestID + `","message":"` + canary + `"}`,
		"another's envelope":     `{"requestId":"` + canary + `","error":"` + canary + `"}`,
		"an unusable permission": `{"requestId":"` + requestID + `","data":{"permissionToken":{"permissionToken":"` + canary + ` "}}}`,
		"a permission twice":     `{"data":{"` + canary + `":1,"` + canary + `":2}}`,
		"too much":               strings.Repeat(canary, 100_000),
	} {
		raw[name+" on 200"] = answer(200, body)
		raw[name+" on 400"] = answer(400, body)
		raw[name+" on 403"] = answer(403, body)
	}
	return raw
}

func checkSilent(t *testing.T, name string, err error) {
	t.Helper()
	if err == nil {
		return // a revocation endpoint may say what it likes with a 200
	}
	if _, ok := err.(messages.Failure); !ok { //nolint:errorlint // the contract is the very type
		t.Errorf("%s: error is a %T", name, err)
	}
	text := everyPrint(t, err) + err.Error()
	for _, secret := range []string{canary, strings.TrimPrefix(wire.RawBasic("id", canary).Reveal(), "Basic ")} {
		if strings.Contains(text, secret) {
			t.Errorf("%s: the error holds a secret:\n%s", name, text)
		}
	}
}

func TestTokenOfAnAnswerPrintsNoSecret(t *testing.T) {
	body := `{"access_token":"` + canary + `","refresh_token":"` + canary + `","id_token":"` + canary + `"}`
	tok, err := answering(t, answer(200, body)).Token(t.Context(), noon, request())
	if err != nil {
		t.Fatal(err)
	}
	if text := everyPrint(t, tok); strings.Contains(text, canary) {
		t.Errorf("the token prints a secret:\n%s", text)
	}
}
