package simulate

import (
	"context"
	"testing"

	"github.com/holdfast-go/holdfast/sessions"
)

func TestEachWayOfAuthenticatingIsAccepted(t *testing.T) {
	for name, auth := range map[string]sessions.ClientAuth{
		"Basic":        sessions.Basic(clientSecret),
		"BasicEncoded": sessions.BasicEncoded(clientSecret),
		"Post":         sessions.Post(clientSecret),
		"None":         sessions.None(),
	} {
		t.Run(name, func(t *testing.T) {
			s := NewServer(nil)
			mgr, err := sessions.Open(sessions.Config{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = mgr.Close(context.Background()) }()
			e := s.Endpoint()
			e.Auth = auth
			session, err := mgr.Session("key", sessions.ClientCredentials(e, sessions.Subject{}))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := session.AccessToken(context.Background()); err != nil {
				t.Error(err)
			}
			if n := s.Renewals(clientID); n != 1 {
				t.Errorf("%d renewals of the client, want 1", n)
			}
		})
	}
}
