package sessions_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

// strict is an authorization server whose clock is not ours. It takes an assertion from its iat until
// its exp, with no leeway, and writes down what it did.
type strict struct {
	ahead time.Duration // its clock, of ours
	code  string        // of its denials
	mute  bool          // no Date
	log   []string
}

func (s *strict) judge(_ int, form url.Values) *http.Response {
	now, a := time.Now().Add(s.ahead), peek(form)
	body, status := `{"access_token":"t","expires_in":3600}`, http.StatusOK
	if now.Before(a.IssuedAt.Time()) || !now.Before(a.Expiry.Time()) {
		body, status = fmt.Sprintf(`{"error":%q}`, s.code), http.StatusBadRequest
	}
	s.log = append(s.log, fmt.Sprint(status))
	if s.mute {
		return notarized(status, body)
	}
	return dated(status, body, now)
}

// did returns what the server did since the last look.
func (s *strict) did() string {
	defer func() { s.log = nil }()
	return strings.Join(s.log, " ")
}

func TestWrongClockIsCorrectedOnce(t *testing.T) {
	for name, c := range map[string]struct {
		server strict
		want   string // of the first token
	}{
		"right":                      {strict{}, "200"},
		"ten seconds behind":         {strict{ahead: 10 * time.Second}, "200"},
		"a minute behind":            {strict{ahead: time.Minute}, "400 200"},
		"five seconds ahead":         {strict{ahead: -5 * time.Second}, "400 200"},
		"a trifle ahead":             {strict{ahead: -time.Millisecond}, "400 200"},
		"half a day ahead":           {strict{ahead: -12 * time.Hour}, "400 200"},
		"too wrong to be trusted":    {strict{ahead: 25 * time.Hour}, "400"},
		"in 1970":                    {strict{ahead: 56 * 365 * 24 * time.Hour}, "400"},
		"wrong, and nobody says so":  {strict{ahead: time.Minute, mute: true}, "400"},
		"wrong, and another code":    {strict{ahead: time.Minute, code: "invalid_request"}, "400 200"},
		"wrong, and no OAuth at all": {strict{ahead: time.Minute, code: "Unauthorized"}, "400 200"},
	} {
		synctest.Test(t, func(t *testing.T) {
			server := c.server
			if server.code == "" {
				server.code = "invalid_grant"
			}
			n := &notary{judge: server.judge}
			s := begin(t, sessions.Config{}, sessions.JWTBearer(n.endpoint(sessions.None()), aliceBy(t, "p256", "ES256")))
			_, err := s.AccessToken(t.Context())
			if got := server.did(); got != c.want || (err == nil) != strings.HasSuffix(c.want, "200") {
				t.Errorf("clock %s: %s, %v; want %s", name, got, err, c.want)
			}
			if err != nil {
				return
			}
			if err := s.Refresh(t.Context()); err != nil {
				t.Errorf("clock %s: %v", name, err)
			}
			if got := server.did(); got != "200" {
				t.Errorf("clock %s: a correction is not remembered: %s", name, got)
			}
		})
	}
}

// A correction that is of no use costs one request a renewal, and does no harm
// once what was wrong is put right.
func TestUselessCorrectionIsTriedOnceARenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, refused := strict{code: "invalid_grant", ahead: 0}, true
		n := &notary{judge: func(i int, form url.Values) *http.Response {
			if refused { // for another reason, and with a Date that is nonsense
				server.log = append(server.log, "400")
				return dated(http.StatusBadRequest, `{"error":"invalid_grant"}`, time.Now().Add(time.Duration(i)*time.Hour))
			}
			return server.judge(i, form)
		}}
		s := begin(t, sessions.Config{}, sessions.JWTBearer(n.endpoint(sessions.None()), aliceBy(t, "p256", "ES256")))
		for range 3 {
			_, err := s.AccessToken(t.Context())
			if after, ok := sessions.RetryAfter(err); !ok || after != 5*time.Minute || !errors.Is(err, sessions.ErrUnavailable) {
				t.Errorf("the denial is not handed on: %v", err)
			}
			if got := server.did(); got != "400 400" {
				t.Errorf("a renewal made requests: %s", got)
			}
			time.Sleep(5 * time.Minute) // of the bubble
		}
		refused = false
		if _, err := s.AccessToken(t.Context()); err != nil || server.did() != "200" {
			t.Errorf("when all is well again: %v", err)
		}
	})
}

func TestClockThatChangesIsCorrectedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := strict{code: "invalid_grant"}
		n := &notary{judge: server.judge}
		s := begin(t, sessions.Config{}, sessions.JWTBearer(n.endpoint(sessions.None()), aliceBy(t, "p256", "ES256")))
		var got []string
		for _, server.ahead = range []time.Duration{0, time.Hour, time.Hour, -time.Hour, 0} {
			time.Sleep(2 * time.Hour) // of the bubble
			if _, err := s.AccessToken(t.Context()); err != nil {
				t.Error(err)
			}
			got = append(got, server.did())
		}
		if diff := cmp.Diff([]string{"200", "400 200", "200", "400 200", "400 200"}, got); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
	})
}

func TestSessionThatIsAskedForAgainKeepsItsCorrection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := strict{code: "invalid_grant", ahead: time.Hour}
		n := &notary{judge: server.judge}
		mgr := manage(t, sessions.Config{})
		for _, want := range []string{"400 200", "200"} {
			s, err := mgr.Session("k", sessions.JWTBearer(n.endpoint(sessions.None()), aliceBy(t, "p256", "ES256")))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.AccessToken(t.Context()); err != nil {
				t.Error(err)
			}
			if got := server.did(); got != want {
				t.Errorf("the server answered %s, want %s", got, want)
			}
			time.Sleep(2 * time.Hour) // of the bubble
		}
	})
}

func TestDenialWithTheRightClockIsNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &notary{judge: func(int, url.Values) *http.Response {
			return dated(http.StatusBadRequest, `{"error":"invalid_grant"}`, time.Now())
		}}
		s := begin(t, sessions.Config{}, sessions.JWTBearer(n.endpoint(sessions.None()), aliceBy(t, "p256", "ES256")))
		if _, err := s.AccessToken(t.Context()); !errors.Is(err, sessions.ErrUnavailable) {
			t.Errorf("a denied assertion: %v", err)
		}
		n.expectRequests(t, 1)
	})
}

// A refresh token that is denied is dead, whatever the clocks say: the client's own
// assertion would have been denied by invalid_client.
func TestDeniedRefreshTokenIsNotTheClocksFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &notary{judge: func(int, url.Values) *http.Response {
			return dated(http.StatusBadRequest, `{"error":"invalid_grant"}`, time.Now().Add(time.Hour))
		}}
		login := messages.Token{
			Access: "a", Refresh: "r", Issued: time.Now().Add(-2 * time.Hour), Expiry: time.Now().Add(-time.Hour),
		}
		e := n.endpoint(sessions.PrivateKeyJWT(clientBy(t, "p256", "ES256")))
		s := begin(t, sessions.Config{}, sessions.Persistent(e, login))
		if _, err := s.AccessToken(t.Context()); !errors.Is(err, sessions.ErrLoginRequired) {
			t.Errorf("a denied refresh token: %v", err)
		}
		n.expectRequests(t, 1)
	})
}

func TestWrongClockSpendsNoRefreshToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := strict{code: "invalid_client", ahead: -time.Hour}
		n := &notary{judge: server.judge}
		login := messages.Token{
			Access: "a", Refresh: "r", Issued: time.Now().Add(-2 * time.Hour), Expiry: time.Now().Add(-time.Hour),
		}
		e := n.endpoint(sessions.PrivateKeyJWT(clientBy(t, "p256", "ES256")))
		s := begin(t, sessions.Config{}, sessions.Persistent(e, login))
		expectToken(t, s, "t")
		if got := server.did(); got != "400 200" {
			t.Errorf("requests: %s", got)
		}
	})
}

// Whose secret is wrong does not look at the clock.
func TestDenialWithoutAnAssertionIsNotTheClocksFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &notary{judge: func(int, url.Values) *http.Response {
			return dated(http.StatusUnauthorized, `{"error":"invalid_client"}`, time.Now().Add(time.Hour))
		}}
		s := begin(t, sessions.Config{}, sessions.Anonymous(n.endpoint(sessions.Post("wrong"))))
		if _, err := s.AccessToken(t.Context()); !errors.Is(err, sessions.ErrUnavailable) {
			t.Error(err)
		}
		n.expectRequests(t, 1)
	})
}
