package sessions_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/holdfast-go/holdfast/sessions"
)

// alwaysGrants is a token endpoint that grants an hour's token to everybody.
type alwaysGrants struct{}

func (alwaysGrants) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK,
		Header:     http.Header{"Content-Type": {"application/json"}},
		Body:       io.NopCloser(strings.NewReader(`{"access_token":"token","token_type":"Bearer","expires_in":3600}`)),
		Request:    r,
	}, nil
}

// ready is a Manager with a session, "k", that has its token.
func ready(tb testing.TB) (*sessions.Manager, *sessions.Session) {
	tb.Helper()
	mgr, err := sessions.Open(sessions.Config{Rate: 1e9})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = mgr.Close(context.Background()) })
	s, err := mgr.Session("k", sessions.Anonymous(sessions.Endpoint{
		TokenURL:   "https://as.example/token",
		ClientID:   "client",
		Auth:       sessions.None(),
		HTTPClient: &http.Client{Transport: alwaysGrants{}},
	}))
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := s.AccessToken(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return mgr, s
}

// What does a fresh token cost, when every core asks for it at once?
func BenchmarkAccessToken(b *testing.B) {
	_, s := ready(b)
	ctx := b.Context()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := s.AccessToken(ctx); err != nil {
				b.Error(err)
			}
		}
	})
}

// What does it cost to look the session up first?
func BenchmarkLookup(b *testing.B) {
	mgr, _ := ready(b)
	ctx := b.Context()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			s, _ := mgr.Lookup("k")
			if _, err := s.AccessToken(ctx); err != nil {
				b.Error(err)
			}
		}
	})
}

func TestTokenByKeyAllocatesNothing(t *testing.T) {
	mgr, _ := ready(t)
	n := testing.AllocsPerRun(100, func() {
		s, ok := mgr.Lookup("k")
		if !ok {
			t.Fatal("the session is gone")
		}
		if _, err := s.AccessToken(t.Context()); err != nil {
			t.Error(err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// What does the same cost with what one would use otherwise?
func BenchmarkReuseTokenSource(b *testing.B) {
	_, s := ready(b)
	source := oauth2.ReuseTokenSource(nil, s.TokenSource(b.Context()))
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := source.Token(); err != nil {
				b.Error(err)
			}
		}
	})
}

// What does a renewal cost, from the ask to the new token, when the network costs nothing?
func BenchmarkRefresh(b *testing.B) {
	_, s := ready(b)
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Refresh(ctx); err != nil {
			b.Fatal(err)
		}
	}
}

// What does it cost to put the token on a request?
func BenchmarkAuthorize(b *testing.B) {
	_, s := ready(b)
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "https://api.example/", http.NoBody)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Authorize(req); err != nil {
			b.Fatal(err)
		}
	}
}
