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

func benchmarked(b *testing.B) *sessions.Session {
	b.Helper()
	mgr, err := sessions.Open(sessions.Config{Rate: 1e9})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = mgr.Close(context.Background()) })
	s, err := mgr.Session("k", sessions.Anonymous(sessions.Endpoint{
		TokenURL:   "https://as.example/token",
		ClientID:   "client",
		Auth:       sessions.None(),
		HTTPClient: &http.Client{Transport: alwaysGrants{}},
	}))
	if err != nil {
		b.Fatal(err)
	}
	if _, err := s.AccessToken(b.Context()); err != nil {
		b.Fatal(err)
	}
	return s
}

// What does a fresh token cost, when every core asks for it at once?
func BenchmarkAccessToken(b *testing.B) {
	s := benchmarked(b)
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

// What does the same cost with what one would use otherwise?
func BenchmarkReuseTokenSource(b *testing.B) {
	s := benchmarked(b)
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
	s := benchmarked(b)
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
	s := benchmarked(b)
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
