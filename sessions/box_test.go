package sessions_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/sessions"
)

func TestBoxIsTheSameWithAndWithoutASlash(t *testing.T) {
	for _, base := range []string{"https://api.box.com", "https://api.box.com/"} {
		e := sessions.Box(base, "client", "s")
		got := []string{e.TokenURL, e.RevokeURL, e.ClientID, fmt.Sprint(e.SubjectFields), fmt.Sprint(e.RenewalRevokes)}
		want := []string{
			"https://api.box.com/oauth2/token", "https://api.box.com/oauth2/revoke", "client",
			"[box_subject_type box_subject_id]", "true",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", base, diff)
		}
	}
}

func TestBoxWithoutWhatItNeedsNamesTheField(t *testing.T) {
	for field, e := range map[string]sessions.Endpoint{
		"Endpoint.TokenURL": sessions.Box("", "client", "s"),
		"Endpoint.ClientID": sessions.Box("https://api.box.com", "", "s"),
		"Endpoint.Auth":     sessions.Box("https://api.box.com", "client", ""),
	} {
		mgr := manage(t, sessions.Config{})
		_, err := mgr.Session("k", sessions.Anonymous(e))
		names(t, field, err, field)
	}
}

// Box kills the old access token when it renews the pair, so nobody may be given
// one that dies in his hands.
func TestBoxTokenIsWithdrawnBeforeItIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{instead: func(int) *http.Response { time.Sleep(time.Second); return nil }}
		s := sessionOf(t, sessions.Persistent(boxed(d), loginAt(time.Now())))
		if at := accessTokenOf(t, s); at != "at-0" {
			t.Fatalf("token %s, want the given one", at)
		}
		refreshed := make(chan error, 1)
		go func() { refreshed <- s.Refresh(context.Background()) }()
		synctest.Wait()
		d.wasAsked(t, 1)
		if at := accessTokenOf(t, s); at != "at-1" {
			t.Errorf("token %s was given out while it was renewed", at)
		}
		if err := <-refreshed; err != nil {
			t.Error(err)
		}
	})
}

func TestBoxAssertionHasTheClaimsOfBox(t *testing.T) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	got := sessions.BoxAssertion("client", "kid", sessions.Subject{Type: "enterprise", ID: "7"}, key)
	if got.Key == nil {
		t.Error("the assertion has no key")
	}
	got.Key = nil
	want := sessions.Assertion{
		Issuer: "client", Subject: "7", Audience: "https://api.box.com/oauth2/token",
		KeyID: "kid", Algorithm: "RS256", Lifetime: 30 * time.Second,
		Claims: map[string]any{"box_sub_type": "enterprise"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("assertion (-want +got):\n%s", diff)
	}
}

func TestUnsignedBoxActorHasTheClaimsOfBoxAndNoSignature(t *testing.T) {
	expiry := time.Unix(1767268860, 0)
	actor := sessions.UnsignedBoxActor("client", "7", `a "guest"`, expiry)
	if want := "urn:ietf:params:oauth:token-type:id_token"; actor.Type != want {
		t.Errorf("type %q, want %q", actor.Type, want)
	}
	segments := strings.Split(actor.Token.Reveal(), ".")
	if len(segments) != 3 || segments[2] != "" {
		t.Fatalf("%d segments, the last %q", len(segments), segments[len(segments)-1])
	}
	claims := claimsOf(t, segments[1])
	if id, _ := claims["jti"].(string); len(id) != 32 {
		t.Errorf("jti %q", id)
	}
	delete(claims, "jti")
	got := []map[string]any{claimsOf(t, segments[0]), claims}
	want := []map[string]any{
		{"alg": "none", "typ": "JWT"},
		{
			"iss": "client", "sub": "7", "aud": "https://api.box.com/oauth2/token",
			"box_sub_type": "external", "name": `a "guest"`, "exp": float64(1767268860),
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("header and claims (-want +got):\n%s", diff)
	}
}

func TestUnsignedBoxActorIsAnotherEachTime(t *testing.T) {
	expiry := time.Unix(1767268860, 0)
	one, other := sessions.UnsignedBoxActor("c", "7", "n", expiry), sessions.UnsignedBoxActor("c", "7", "n", expiry)
	if one.Token == other.Token {
		t.Error("two actor tokens have one jti")
	}
}

func claimsOf(t *testing.T, segment string) map[string]any {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(segment)
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(text, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}
