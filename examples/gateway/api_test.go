package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/holdfast-go/holdfast/conformance/authserver"
)

func TestAPIServesTheTenantOfTheTokenOnly(t *testing.T) {
	for _, test := range []struct {
		path, authorization string
		err                 error
		status              int
		challenge           string
	}{
		{"/alice/orders", "Bearer good", nil, 200, ""},
		{"/bob/orders", "Bearer good", nil, 401, "the access token is another tenant's"},
		{"/alice/orders", "Bearer old", authserver.ErrExpired, 401, "authserver: the access token has expired"},
		{"/alice/orders", "", authserver.ErrUnknown, 401, "authserver: not an access token of this server"},
	} {
		refused := 0
		a := &api{
			verify:  func(_, _ string) (string, error) { return "alice", test.err },
			refused: func(string, error) { refused++ },
		}
		r := httptest.NewRequest(http.MethodGet, test.path, nil)
		r.Header.Set("Authorization", test.authorization)
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		want := ""
		if test.challenge != "" {
			want = `Bearer realm="api", error="invalid_token", error_description="` + test.challenge + `"`
		}
		if got := w.Header().Get("WWW-Authenticate"); w.Code != test.status || got != want || refused != test.status/401 {
			t.Errorf("%s with %q: %d, challenge %q, %d refused", test.path, test.authorization, w.Code, got, refused)
		}
	}
}
