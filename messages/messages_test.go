package messages_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/messages"
)

const canary = "canary-7f3a9"

func secretToken() messages.Token {
	return messages.Token{
		Access:  canary + "-access",
		Refresh: canary + "-refresh",
		Type:    "Bearer",
		Issued:  time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC),
		Expiry:  time.Date(2026, 1, 1, 13, 0, 0, 0, time.UTC),
		Extra:   map[string]string{"id_token": canary + "-id"},
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

func TestNothingPrintsASecret(t *testing.T) {
	tok := secretToken()
	values := map[string]any{
		"secret":           tok.Access,
		"token":            tok,
		"pointer to token": &tok,
		"slice of tokens":  []messages.Token{tok},
		"map of secrets":   map[string]messages.Secret{"a": tok.Access},
		"reply":            messages.Reply{Token: tok},
		"establish":        messages.Establish{Proofs: []messages.Secret{canary}, Token: tok},
		"reject":           messages.Reject{Token: canary},
		"exchange":         messages.Exchange{Actor: &messages.Actor{Token: canary, Type: "jwt"}},
		"actor":            messages.Actor{Token: canary},
		"record":           messages.Record{Token: tok},
	}
	for name, v := range values {
		if text := everyPrint(t, v); strings.Contains(text, canary) {
			t.Errorf("%s prints its secret:\n%s", name, text)
		}
	}
}

func TestSecretIsRevealedOnlyByAskingForIt(t *testing.T) {
	if got := messages.Secret(canary).Reveal(); got != canary {
		t.Errorf("Reveal is %q", got)
	}
}

func TestFingerprintTellsSecretsApart(t *testing.T) {
	a, b := messages.Secret("a"), messages.Secret("b")
	if a.Fingerprint() != messages.Secret("a").Fingerprint() {
		t.Error("one secret has two fingerprints")
	}
	if a.Fingerprint() == b.Fingerprint() {
		t.Error("two secrets have one fingerprint")
	}
	if got := len(a.Fingerprint()); got != 16 {
		t.Errorf("a fingerprint has %d characters, want 16", got)
	}
	if messages.Secret("").Fingerprint() != "" {
		t.Error("no secret has a fingerprint")
	}
}

func TestTokenInfoIsReadAndWrittenBack(t *testing.T) {
	in := `{"accessToken":"at","refreshToken":"rt","accessTokenTTLMS":3600000,"acquiredAtMS":1767268800000}`
	tok, err := messages.ParseTokenInfo([]byte(in))
	if err != nil {
		t.Fatal(err)
	}
	want := messages.Token{
		Access:  "at",
		Refresh: "rt",
		Type:    "Bearer",
		Issued:  time.UnixMilli(1767268800000),
		Expiry:  time.UnixMilli(1767268800000).Add(time.Hour),
	}
	// Token prints no secret, so it is compared field by field through TokenInfo.
	if !tok.Issued.Equal(want.Issued) || !tok.Expiry.Equal(want.Expiry) || tok.Type != want.Type {
		t.Errorf("token is %v, want %v", tok, want)
	}
	if diff := cmp.Diff(in, string(tok.TokenInfo())); diff != "" {
		t.Errorf("written back (-want +got):\n%s", diff)
	}
}

func TestTokenInfoNamesTheWrongField(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{``, "invalid: TokenInfo is not a JSON object"},
		{`[]`, "invalid: TokenInfo is not a JSON object"},
		{`{}`, "invalid: accessToken is missing"},
		{`{"accessToken":` + `"` + canary + `"}`, "invalid: accessTokenTTLMS must be positive"},
		{`{"accessToken":"a","accessTokenTTLMS":"` + canary + `"}`, "invalid: accessTokenTTLMS must be a int64"},
		{`{"accessToken":"a","accessTokenTTLMS":1}`, "invalid: acquiredAtMS must be positive"},
		{`{"accessToken":"a","accessTokenTTLMS":3153600000001,"acquiredAtMS":1}`, "invalid: accessTokenTTLMS is too large"},
		{`{"accessToken":"a","accessTokenTTLMS":9223372036855,"acquiredAtMS":1}`, "invalid: accessTokenTTLMS is too large"},
		{`{"accessToken":"a","accessTokenTTLMS":9223372036854775807,"acquiredAtMS":1}`, "invalid: accessTokenTTLMS is too large"},
		{`{"accessToken":"a","accessTokenTTLMS":1,"acquiredAtMS":250248700800000}`, "invalid: acquiredAtMS is too large"},
		{`{"accessToken":"a","accessTokenTTLMS":1,"acquiredAtMS":9223372036854775807}`, "invalid: acquiredAtMS is too large"},
	} {
		_, err := messages.ParseTokenInfo([]byte(test.in))
		if !errors.Is(err, messages.ErrInvalid) {
			t.Errorf("%s: error is %v", test.in, err)
			continue
		}
		if diff := cmp.Diff(test.want, err.Error()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.in, diff)
		}
	}
}

func TestLongestLifeEndsInAYearThatCanBeWritten(t *testing.T) {
	tok, err := messages.ParseTokenInfo([]byte(`{"accessToken":"a","accessTokenTTLMS":3153600000000,"acquiredAtMS":250248700799999}`))
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC); !tok.Expiry.Equal(want) {
		t.Errorf("expiry is %v, want %v", tok.Expiry, want)
	}
}

func FuzzParseTokenInfo(f *testing.F) {
	f.Add([]byte(`{"accessToken":"at","refreshToken":"rt","accessTokenTTLMS":3600000,"acquiredAtMS":1767268800000}`))
	f.Add([]byte(`{"accessToken":"at","accessTokenTTLMS":9223372036855,"acquiredAtMS":1767268800000}`))
	f.Add([]byte(`{"accessToken":"at","accessTokenTTLMS":1,"acquiredAtMS":9223372036854775807}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		tok, err := messages.ParseTokenInfo(in)
		if err != nil {
			return
		}
		if !tok.Expiry.After(tok.Issued) {
			t.Fatalf("read %v, which ends before it begins", tok)
		}
		again, err := messages.ParseTokenInfo(tok.TokenInfo())
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if again.Access != tok.Access || again.Refresh != tok.Refresh || !again.Issued.Equal(tok.Issued) || !again.Expiry.Equal(tok.Expiry) {
			t.Fatalf("read %v, written and read again %v", tok, again)
		}
	})
}

func TestErrorsAnswerTheThreeQuestions(t *testing.T) {
	endpoint := messages.Failure{Verdict: messages.Transient, Status: 503, Code: "temporarily_unavailable", Attempt: 2}
	err := fmt.Errorf("session %q: %w", "k", messages.Later(messages.ErrUnavailable, 3*time.Second, endpoint))

	if !errors.Is(err, messages.ErrUnavailable) || errors.Is(err, messages.ErrOverloaded) {
		t.Errorf("%v is not ErrUnavailable alone", err)
	}
	if after, ok := messages.RetryAfter(err); !ok || after != 3*time.Second {
		t.Errorf("RetryAfter is %v, %v", after, ok)
	}
	said, ok := errors.AsType[*messages.EndpointError](err)
	if !ok {
		t.Fatalf("%v has no EndpointError", err)
	}
	if diff := cmp.Diff(&messages.EndpointError{Status: 503, Code: "temporarily_unavailable", Attempt: 2}, said); diff != "" {
		t.Errorf("EndpointError (-want +got):\n%s", diff)
	}
	want := `session "k": unavailable: endpoint answered 503 temporarily_unavailable (attempt 2) (retry after 3s)`
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
}

func TestOutcomeUnknownAsksForALogin(t *testing.T) {
	if !errors.Is(messages.ErrOutcomeUnknown, messages.ErrLoginRequired) {
		t.Error("ErrOutcomeUnknown is not ErrLoginRequired")
	}
	if errors.Is(messages.ErrLoginRequired, messages.ErrOutcomeUnknown) {
		t.Error("every ErrLoginRequired is ErrOutcomeUnknown")
	}
}

func TestOnlyLaterTellsWhenToRetry(t *testing.T) {
	if after, ok := messages.RetryAfter(messages.ErrUnavailable); ok {
		t.Errorf("a bare ErrUnavailable says retry after %v", after)
	}
	if _, ok := messages.RetryAfter(nil); ok {
		t.Error("no error says when to retry")
	}
	if after, _ := messages.RetryAfter(messages.Later(messages.ErrOverloaded, -time.Second, nil)); after != 0 {
		t.Errorf("a moment in the past is %v away", after)
	}
}

func TestEveryEventKnowsItsSession(t *testing.T) {
	head := messages.Header{Key: "k", Generation: 3, At: time.Unix(5, 0)}
	for _, ev := range []messages.Event{
		messages.Acquired{Header: head},
		messages.Renewed{Header: head},
		messages.Failing{Header: head},
		messages.Recovered{Header: head},
		messages.Denied{Header: head},
		messages.Doubted{Header: head},
		messages.Revoked{Header: head},
		messages.Unsaved{Header: head},
		messages.Saved{Header: head},
		messages.Rejected{Header: head},
		messages.LifetimeMissing{Header: head},
		messages.Woke{Header: head},
		messages.Slept{Header: head},
		messages.Missed{Header: head},
	} {
		if diff := cmp.Diff(head, ev.Head()); diff != "" {
			t.Errorf("%T (-want +got):\n%s", ev, diff)
		}
	}
}
