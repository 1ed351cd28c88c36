package sessions

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/actor"
	"github.com/holdfast-go/holdfast/internal/wire"
	"github.com/holdfast-go/holdfast/messages"
)

// mute is a transport that nobody may use.
type mute struct{ *testing.T }

func (m mute) RoundTrip(*http.Request) (*http.Response, error) {
	m.Error("a request was sent")
	return nil, http.ErrNotSupported
}

func TestWhatAnAuthorizationServiceCannotDoIsNotSent(t *testing.T) {
	service := Spatium("https://cloud.example")
	kind := &authorization{service: &service, tokenID: "id", permissions: []string{"read"}}
	r := &authorizationRequests{kind, wire.New(&http.Client{Transport: mute{t}}, 0)}
	_, unproved := r.Mint(t.Context(), time.Now(), actor.Mint{Attempt: 2})
	_, unexchanged := r.Exchange(t.Context(), time.Now(), actor.Exchange{Subject: "at"})
	unrevoked := r.RevokeToken(t.Context(), time.Now(), actor.RevokeToken{Token: "rt"})
	want := []error{
		messages.Failure{Verdict: messages.GrantDenied, Reason: "no refresh token", Attempt: 2},
		messages.Failure{Verdict: messages.Hopeless, Reason: "no exchange"},
		messages.Failure{Verdict: messages.Hopeless, Reason: "no revocation endpoint"},
	}
	if diff := cmp.Diff(want, []error{unproved, unexchanged, unrevoked}); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
}
