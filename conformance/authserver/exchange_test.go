package authserver_test

import (
	"testing"

	"github.com/holdfast-go/holdfast/conformance/authserver"
)

const (
	accessTokenType  = "urn:ietf:params:oauth:token-type:access_token"
	refreshTokenType = "urn:ietf:params:oauth:token-type:refresh_token"
)

func (w *world) exchange(access string, fields ...string) answer {
	w.t.Helper()
	return w.ask(authserver.TokenExchange,
		append(fields, "subject_token", access, "subject_token_type", accessTokenType)...)
}

func TestExchangeNarrowsForTheSameSubject(t *testing.T) {
	w := open(t, authserver.Config{})
	pair := w.login("alice", "read", "write")
	a := w.exchange(pair.Access, "scope", "read", "resource", "https://api.test/files/1")
	w.expectIssued("exchange", a)
	got, err := w.Verify(a.access)
	if err != nil {
		t.Fatal(err)
	}
	if got.Subject != "alice" || a.body.Scope != "read" || a.body.Issued != accessTokenType {
		t.Errorf("subject %q, scope %q, issued %q", got.Subject, a.body.Scope, a.body.Issued)
	}
	if got.GrantID == pair.GrantID {
		t.Error("the exchanged token is of the same family")
	}
}

func TestExchangeNeverWidens(t *testing.T) {
	w := open(t, authserver.Config{})
	pair := w.login("alice", "read", "write")
	narrow := w.exchange(pair.Access, "scope", "read")
	w.expectDenied("a wider scope", w.exchange(narrow.access, "scope", "read write"), "invalid_scope")
	if same := w.exchange(narrow.access); same.body.Scope != "read" {
		t.Errorf("no scope asked for: got %q, want read", same.body.Scope)
	}
}

func TestExchangedTokenEndsWithItsFamily(t *testing.T) {
	w := open(t, authserver.Config{})
	pair := w.login("alice")
	child := w.exchange(pair.Access)
	grandchild := w.exchange(child.access)
	w.expectVerdict("before", grandchild.access, nil)
	w.revoke(pair.Refresh)
	w.expectVerdict("the exchanged token", child.access, authserver.ErrRevoked)
	w.expectVerdict("what was exchanged for that", grandchild.access, authserver.ErrRevoked)
}

func TestRevokingAnExchangedTokenSparesItsFamily(t *testing.T) {
	w := open(t, authserver.Config{})
	pair := w.login("alice")
	child := w.exchange(pair.Access)
	w.revoke(child.access)
	w.expectVerdict("the exchanged token", child.access, authserver.ErrRevoked)
	w.expectVerdict("the subject token", pair.Access, nil)
}

func TestExchangeOfADeadTokenIsInvalidRequest(t *testing.T) {
	w := open(t, authserver.Config{})
	pair := w.login("alice")
	w.revoke(pair.Refresh)
	w.expectDenied("revoked", w.exchange(pair.Access), "invalid_request")
	w.expectDenied("nonsense", w.exchange("nonsense"), "invalid_request")
}

func TestExchangeForARefreshTokenYieldsNoAccessToken(t *testing.T) {
	w := open(t, authserver.Config{})
	pair := w.login("alice")
	a := w.exchange(pair.Access, "requested_token_type", refreshTokenType)
	if a.body.Type != "N_A" || a.body.Issued != refreshTokenType {
		t.Fatalf("token_type %q, issued_token_type %q", a.body.Type, a.body.Issued)
	}
	w.expectIssued("a refresh with it", w.renew(a.access))
}
