package sessions_test

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

func TestWrongAuthorizationNamesItsField(t *testing.T) {
	s := &service{}
	mgr := manage(t, sessions.Config{})
	with := func(change func(*sessions.AuthorizationService)) sessions.Kind {
		a := s.described()
		change(&a)
		return sessions.Authorization(a, "id", "read")
	}
	for field, kinds := range map[string][]sessions.Kind{
		"AuthorizationService.BaseURL": {
			with(func(a *sessions.AuthorizationService) { *a = sessions.AuthorizationService{} }),
			with(func(a *sessions.AuthorizationService) { a.BaseURL = "http://cloud.example" }),
			with(func(a *sessions.AuthorizationService) { a.BaseURL = "https://hunter2:x@cloud.example" }),
			with(func(a *sessions.AuthorizationService) { a.BaseURL = "https://cloud.example?key=hunter2" }),
			with(func(a *sessions.AuthorizationService) { a.BaseURL = "https://cloud.example#hunter2" }),
		},
		"AuthorizationService.IssuePath": {
			with(func(a *sessions.AuthorizationService) { a.IssuePath = "issue" }),
			with(func(a *sessions.AuthorizationService) { a.IssuePath = ".evil.example/hunter2" }),
			with(func(a *sessions.AuthorizationService) { a.IssuePath = "/issue#hunter2" }),
			with(func(a *sessions.AuthorizationService) { a.IssuePath = "/%zz" }),
		},
		"AuthorizationService.RefreshPath": {
			with(func(a *sessions.AuthorizationService) { a.RefreshPath = "refresh" }),
			with(func(a *sessions.AuthorizationService) { a.RefreshPath = "/refresh\n" }),
		},
		"tokenID": {
			s.kind(""), s.kind("hunter2\xff"),
		},
		"permissions": {
			sessions.Authorization(s.described(), "id"), s.kind("id", ""), s.kind("id", "read", ""), s.kind("id", "hunter2\xff"),
		},
	} {
		for _, k := range kinds {
			_, err := mgr.Session("k", k)
			names(t, field, err, field)
			_, err = mgr.Session("k", sessions.KeepAlive(k))
			names(t, "KeepAlive, "+field, err, field)
		}
	}
	if n := len(s.asked()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestAuthorizationOfAnotherIdentityIsRefused(t *testing.T) {
	at := func(change func(*sessions.AuthorizationService)) sessions.Kind {
		a := (&service{}).described()
		change(&a)
		return sessions.Authorization(a, "id", "read", "write")
	}
	for name, test := range map[string]struct {
		kind sessions.Kind
		same bool
	}{
		"itself":                   {at(func(*sessions.AuthorizationService) {}), true},
		"kept alive":               {sessions.KeepAlive(at(func(*sessions.AuthorizationService) {})), true},
		"a slash":                  {at(func(a *sessions.AuthorizationService) { a.BaseURL += "/" }), true},
		"paths that are said":      {at(func(a *sessions.AuthorizationService) { a.IssuePath = "/api/permission/issue-by-factors" }), true},
		"another HTTP client":      {at(func(a *sessions.AuthorizationService) { a.HTTPClient = nil }), true},
		"order of permissions":     {sessions.Authorization((&service{}).described(), "id", "write", "read"), true},
		"another service":          {at(func(a *sessions.AuthorizationService) { a.BaseURL += "2" }), false},
		"another issue path":       {at(func(a *sessions.AuthorizationService) { a.IssuePath = "/i" }), false},
		"another refresh path":     {at(func(a *sessions.AuthorizationService) { a.RefreshPath = "/r" }), false},
		"another tokenID":          {sessions.Authorization((&service{}).described(), "id2", "read", "write"), false},
		"a permission less":        {sessions.Authorization((&service{}).described(), "id", "read"), false},
		"a permission more":        {sessions.Authorization((&service{}).described(), "id", "read", "write", "admin"), false},
		"permissions in one":       {sessions.Authorization((&service{}).described(), "id", "readwrite"), false},
		"shifted borders":          {sessions.Authorization((&service{}).described(), "idread", "write"), false},
		"another kind at its path": {sessions.Persistent(sessions.Endpoint{TokenURL: "https://cloud.example/authorization/v1/api/permission/refresh", ClientID: "id", Auth: sessions.None()}, messages.Token{}), false},
	} {
		mgr := manage(t, sessions.Config{})
		opened(t, mgr, "k", at(func(*sessions.AuthorizationService) {}))
		_, err := mgr.Session("k", test.kind)
		if test.same && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !test.same {
			names(t, name, err, "key")
		}
	}
}

func TestPermissionsAreTheKindsOwn(t *testing.T) {
	inServiceHouse(t, sessions.Config{}, func(h *house, as *service) {
		permissions := []string{"read"}
		k := as.kind("id", permissions...)
		permissions[0] = "admin"
		h.establishes(h.session(h.mgr, "k", k))
		if got := as.last(t, 1).Permissions; got[0] != "read" {
			t.Errorf("the service is asked for %q", got)
		}
	})
}

func TestAuthorizationSendsWhatTheServiceReads(t *testing.T) {
	inServiceHouse(t, sessions.Config{}, func(h *house, as *service) {
		s := h.session(h.mgr, "k", as.kind("id", "write", "read"))
		h.establishes(s, proof+"-1", proof+"-2")
		if err := s.Refresh(context.Background(), sessions.ClientIP(netip.MustParseAddr("192.0.2.8"))); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range as.asked() {
			if id, err := uuid.Parse(c.ID); err != nil || id.Version() != 4 || id.Variant() != uuid.RFC4122 {
				t.Errorf("request-id is %q", c.ID)
			}
			got = append(got, strings.Join([]string{
				c.path, c.header.Get("Content-Type"), c.header.Get("Accept"), c.header.Get("X-Forwarded-For"), c.header.Get("Authorization"), c.body,
			}, " "))
		}
		want := []string{
			`/authorization/v1/api/permission/issue-by-factors application/json application/json   ` +
				`{"tokenId":"id","permissions":["write","read"],"securityTokens":["canary-proof-1","canary-proof-2"]}`,
			`/authorization/v1/api/permission/refresh application/json application/json 192.0.2.8  ` +
				`{"permissionRefreshToken":"canary-renewal-id-1"}`,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
	})
}

func TestPathsOfTheServiceAreFields(t *testing.T) {
	inServiceHouse(t, sessions.Config{}, func(h *house, as *service) {
		a := as.described()
		a.BaseURL, a.IssuePath, a.RefreshPath = "https://cloud.example/", "/issue", "/renew?v=2"
		s := h.session(h.mgr, "k", sessions.Authorization(a, "id", "read"))
		h.establishes(s)
		if err := s.Refresh(context.Background()); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range as.asked() {
			got = append(got, c.path)
		}
		if diff := cmp.Diff([]string{"/issue", "/renew"}, got); diff != "" {
			t.Errorf("paths (-want +got):\n%s", diff)
		}
	})
}

func TestEachAttemptHasItsOwnRequestID(t *testing.T) {
	inServiceHouse(t, sessions.Config{}, func(h *house, as *service) {
		s := h.session(h.mgr, "k", as.kind("id"))
		as.becomes(always(http.StatusServiceUnavailable, ""))
		h.wants(s.Establish(context.Background(), proof), sessions.ErrUnavailable)
		ids := map[string]bool{}
		for _, c := range as.asked() {
			ids[c.ID] = true
		}
		if len(as.asked()) != 3 || len(ids) != 3 {
			t.Errorf("%d request-ids for %d requests, want 3", len(ids), len(as.asked()))
		}
	})
}

func TestAuthorizationExchangesNothing(t *testing.T) {
	inServiceHouse(t, sessions.Config{}, func(h *house, as *service) {
		s := h.session(h.mgr, "k", as.kind("id"))
		h.establishes(s)
		for _, x := range []messages.Exchange{{}, {Scopes: []string{"read"}}} {
			_, err := s.Exchange(context.Background(), x)
			h.wants(err, sessions.ErrNotSupported)
		}
		as.last(t, 1)
	})
}

func TestEstablishNamesWhatIsWrongAndSendsNothing(t *testing.T) {
	inServiceHouse(t, sessions.Config{}, func(h *house, as *service) {
		s := h.session(h.mgr, "k", as.kind("id"))
		for _, proofs := range [][]string{nil, {}, {""}, {"hunter2", ""}, {"hunter2\xff"}} {
			names(t, "Establish", s.Establish(context.Background(), proofs...), "proof")
		}
		other := h.clientCredentials("other")
		h.wants(other.Establish(context.Background(), "hunter2"), sessions.ErrNotSupported)
		h.wants(other.Establish(context.Background()), sessions.ErrNotSupported)
		h.wants(h.persistent("third").Establish(context.Background(), "hunter2"), sessions.ErrNotSupported)
		if n := len(as.asked()); n != 0 {
			t.Errorf("the service had %d requests", n)
		}
		h.counts(0)
	})
}
