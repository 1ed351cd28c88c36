package wire_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/internal/wire"
	"github.com/holdfast-go/holdfast/messages"
)

func TestVerdictFollowsTheTable(t *testing.T) {
	const (
		transient = messages.Transient
		doubtful  = messages.Doubtful
		hopeless  = messages.Hopeless
		denied    = messages.GrantDenied
	)
	statuses := []int{200, 201, 307, 400, 401, 403, 404, 408, 429, 500, 501, 502, 503, 504, 505, 507, 599, 700}
	bare := []messages.Verdict{
		doubtful, doubtful, transient, transient, transient, transient, transient, transient, transient,
		doubtful, transient, doubtful, transient, doubtful, transient, doubtful, doubtful, doubtful,
	}
	same := func(v messages.Verdict) []messages.Verdict {
		all := make([]messages.Verdict, len(statuses))
		for i := range all {
			all[i] = v
		}
		all[2] = transient // nobody looks into a redirect
		return all
	}
	passing := slices.Concat([]messages.Verdict{transient, transient}, bare[2:])
	unknown := slices.Concat(same(hopeless)[:8], bare[8:])

	for code, want := range map[string][]messages.Verdict{
		"":                        bare,
		"invalid_grant":           same(denied),
		"invalid_client":          same(hopeless),
		"unauthorized_client":     same(hopeless),
		"invalid_scope":           same(hopeless),
		"invalid_target":          same(hopeless),
		"invalid_request":         same(hopeless),
		"unsupported_grant_type":  same(hopeless),
		"unsupported_token_type":  same(hopeless),
		"temporarily_unavailable": passing,
		"server_error":            passing,
		"slow_down":               passing,
		"scope_invalid":           unknown,
		"use_dpop_nonce":          unknown,
		"tök":                     unknown,
	} {
		for i, status := range statuses {
			body := `{}`
			if code != "" {
				body = fmt.Sprintf(`{"error":%q}`, code)
			}
			c := answering(t, answer(status, body))
			_, err := c.Token(t.Context(), noon, request())
			if f, ok := err.(messages.Failure); !ok || f.Verdict != want[i] || f.Status != status { //nolint:errorlint // the contract is the very type
				t.Errorf("%d %s is %q, want %s", status, code, failed(t, err), want[i])
			}
			if status < 300 && code == "" {
				continue // an answer of a revocation endpoint as it should be
			}
			if diff := cmp.Diff(failed(t, err), failed(t, c.Revoke(t.Context(), noon, request()))); diff != "" {
				t.Errorf("revoking is judged otherwise (-token +revoke):\n%s", diff)
			}
		}
	}
}

func TestCodeIsShownOnlyIfItIsOne(t *testing.T) {
	for _, test := range []struct{ sent, want string }{
		{`"scope_invalid"`, "scope_invalid"},
		{`"needs more [consent]!"`, "needs more [consent]!"},
		{`"` + strings.Repeat("a", 64) + `"`, strings.Repeat("a", 64)},
		{`"` + strings.Repeat("a", 65) + `"`, "other"},
		{`"a\"b"`, "other"},
		{`"a\\b"`, "other"},
		{`"a\nb"`, "other"},
		{`"a\u007fb"`, "other"},
		{`"é"`, "other"},
		{`401`, "other"},
		{`true`, "other"},
		{`{"code":401}`, "other"},
		{`["invalid_grant"]`, "other"},
		{`"no such token: rt-123456"`, "other"},
		{`"client secret cs-123456 is wrong"`, "other"},
		{`"bad password hunter&2"`, "other"},
		{`"bad password hunter%262"`, "other"},
		{`"bad basic Y2xpZW50Omh1bnRlciUyNjI="`, "other"},
		{`"bad key key-123456"`, "other"},
		{`"invalid_grant"`, "invalid_grant"},
		{`"no user"`, "no user"},
	} {
		r := request()
		r.Form = []wire.Field{{"grant_type", "invalid_grant"}, {"refresh_token", "rt-123456"}, {"box_subject_type", "user"}}
		r.Header = map[string][]string{"X-Api-Key": {"key-123456"}}
		r.Credentials = wire.Credentials{
			Authorization: wire.EncodedBasic("client", "hunter&2"),
			Fields:        []wire.Field{{"client_secret", "cs-123456"}},
		}
		_, err := answering(t, answer(400, `{"error":`+test.sent+`}`)).Token(t.Context(), noon, r)
		if f, ok := err.(messages.Failure); !ok || f.Code != test.want { //nolint:errorlint // the contract is the very type
			t.Errorf("%s is shown as %q, want %q", test.sent, f.Code, test.want)
		}
	}
}

func TestErrorBesideATokenWins(t *testing.T) {
	body := `{"access_token":"at","expires_in":3600,"error":"invalid_grant"}`
	tok, err := answering(t, answer(200, body)).Token(t.Context(), noon, request())
	if err == nil || tok.Access != "" {
		t.Errorf("token is %v, error is %v", tok, err)
	}
}

func TestTokenInAnErrorIsNotTaken(t *testing.T) {
	for status, want := range map[int]string{
		199: "doubtful: protocol switch refused: endpoint answered 199 (attempt 1)",
		307: "transient: redirect refused: endpoint answered 307 (attempt 1)",
		400: "transient: endpoint answered 400 (attempt 1)",
		500: "doubtful: endpoint answered 500 (attempt 1)",
	} {
		_, err := answering(t, answer(status, `{"access_token":"at","expires_in":3600}`)).Token(t.Context(), noon, request())
		if diff := cmp.Diff(want, failed(t, err)); diff != "" {
			t.Errorf("%d (-want +got):\n%s", status, diff)
		}
	}
}

func TestUnreadableErrorIsJudgedByItsStatus(t *testing.T) {
	for body, want := range map[string]string{
		`{"error":"invalid_grant","error":"invalid_client"}`:                  "transient: endpoint answered 400 (attempt 1)",
		`{"error":"invalid_grant"`:                                            "transient: endpoint answered 400 (attempt 1)",
		`{"error":null}`:                                                      "transient: endpoint answered 400 (attempt 1)",
		`{"Error":"invalid_grant"}`:                                           "transient: endpoint answered 400 (attempt 1)",
		`<error>invalid_grant</error>`:                                        "transient: endpoint answered 400 (attempt 1)",
		"{\"error\":\"invalid_grant\",\"error_description\":\"ung\xfcltig\"}": "denied: endpoint answered 400 invalid_grant (attempt 1)",
	} {
		_, err := answering(t, answer(400, body)).Token(t.Context(), noon, request())
		if diff := cmp.Diff(want, failed(t, err)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", body, diff)
		}
	}
}

func TestRevokeBelievesTheStatusAndAnErrorInTheBody(t *testing.T) {
	for _, test := range []struct{ raw, want string }{
		{answer(200, ``), "revoked"},
		{answer(200, `{}`), "revoked"},
		{answer(200, `<html>`), "revoked"},
		{answer(204, ``), "revoked"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "revoked"},
		{answer(200, `{"error":"invalid_client"}`), "hopeless: endpoint answered 200 invalid_client (attempt 1)"},
		{answer(401, ``), "transient: endpoint answered 401 (attempt 1)"},
		{answer(302, ``), "transient: redirect refused: endpoint answered 302 (attempt 1)"},
		{answer(503, ``), "transient: endpoint answered 503 (attempt 1)"},
	} {
		got := "revoked"
		if err := answering(t, test.raw).Revoke(t.Context(), noon, request()); err != nil {
			got = failed(t, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.raw, diff)
		}
	}
}
