package simulate

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
)

func refreshRequest(t *testing.T, token string) *http.Request {
	t.Helper()
	return tokenRequest(t, "refresh_token", token)
}

// clientRequest is one for client credentials, in which a refresh token has no business.
func clientRequest(t *testing.T, token string) *http.Request {
	t.Helper()
	return tokenRequest(t, "client_credentials", token)
}

func tokenRequest(t *testing.T, grantType, token string) *http.Request {
	t.Helper()
	f := url.Values{"grant_type": {grantType}, "refresh_token": {token}, "client_id": {clientID}}
	req, err := http.NewRequest(http.MethodPost, "https://"+host+tokenPath, strings.NewReader(f.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func TestRefreshIsUnderWayUntilItsEnd(t *testing.T) {
	s := NewServer(new(clockutil.Virtual))
	s.Login("alice")
	s.Login("bob")

	end := s.begin(refreshRequest(t, "rt-1"))
	s.begin(refreshRequest(t, "rt-2")) // another grant
	s.begin(refreshRequest(t, "rt-9")) // of nobody
	s.begin(clientRequest(t, "rt-1"))  // no refresh
	end()
	end()
	second := s.begin(refreshRequest(t, "rt-1"))
	if s.MostAtOnce() != 1 || s.NoConcurrentRefresh() != nil {
		t.Errorf("%d refreshes at once: %v", s.MostAtOnce(), s.NoConcurrentRefresh())
	}
	third := s.begin(refreshRequest(t, "rt-1"))
	s.begin(refreshRequest(t, "rt-1"))()
	second()
	third()
	s.begin(refreshRequest(t, "rt-1"))
	want := `2 refreshes of one grant of "alice" were under way at once at 2026-01-01 12:00:00`
	if err := s.NoConcurrentRefresh(); err == nil || err.Error() != want || s.MostAtOnce() != 3 {
		t.Errorf("%d refreshes at once: %v", s.MostAtOnce(), err)
	}
	if s.Requests() != 8 {
		t.Errorf("%d requests, want 8", s.Requests())
	}
}

func TestRefreshesOfOneGrantByDifferentTokensAreAtOnce(t *testing.T) {
	s := NewServer(new(clockutil.Virtual), Grace(time.Minute))
	s.Login("alice")
	_ = s.handle(refreshRequest(t, "rt-1")).Body.Close()
	s.begin(refreshRequest(t, "rt-1"))
	s.begin(refreshRequest(t, "rt-2"))
	if s.NoConcurrentRefresh() == nil {
		t.Error("nobody has noticed")
	}
}

func TestBeginLeavesTheBody(t *testing.T) {
	s := NewServer(nil)
	req := refreshRequest(t, "rt-1")
	s.begin(req)()
	body, err := io.ReadAll(req.Body)
	if want := "client_id=client&grant_type=refresh_token&refresh_token=rt-1"; err != nil || string(body) != want {
		t.Errorf("body %q, error %v", body, err)
	}
}

// passing counts the requests that go through it.
type passing struct {
	*Server
	n int
}

func (p *passing) RoundTrip(req *http.Request) (*http.Response, error) {
	p.n++
	return p.Server.RoundTrip(req)
}

func TestEndpointGoesByTheTransport(t *testing.T) {
	s := NewServer(nil)
	before := &passing{Server: s}
	s.transport = before
	resp, err := s.Endpoint().HTTPClient.Do(refreshRequest(t, "rt-1"))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if before.n != 1 || s.Requests() != 1 {
		t.Errorf("%d requests went by it, %d arrived", before.n, s.Requests())
	}
}
