package sessions_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/sessions"
)

// badAnswers is what token servers have been seen to answer. The body of each holds
// secrets that must not be repeated.
var badAnswers = []struct {
	name   string
	server behaviour

	// client and login say what the callers of a client credentials and of a
	// Persistent session get: nil is a token.
	client, login error
	asked         int    // how many requests
	says          string // is part of the error
}{
	{name: "silence", server: isSilent, client: sessions.ErrUnavailable, login: sessions.ErrUnavailable, asked: 3, says: "no token within the time"},
	{name: "HTML", server: answers(200, "<html>"+secrets+"</html>", "Content-Type", "text/html"), client: sessions.ErrUnavailable, login: sessions.ErrUnavailable, asked: 3},
	{name: "307", server: answers(307, secrets, "Location", "https://evil.example/"+canary+"access"), client: sessions.ErrUnavailable, login: sessions.ErrUnavailable, asked: 3, says: "307"},
	{name: "307 without a Location", server: answers(307, secrets), client: sessions.ErrUnavailable, login: sessions.ErrUnavailable, asked: 3, says: "307"},
	{name: "half a JSON", server: answers(200, `{"access_token":"`+canary+`access","refresh_tok`), client: sessions.ErrUnavailable, login: sessions.ErrUnavailable, asked: 3},
	{name: "10 MiB", server: answers(200, `{"access_token":"`+canary+strings.Repeat("x", 10<<20)+`"}`), client: sessions.ErrUnavailable, login: sessions.ErrUnavailable, asked: 3, says: "too large"},
	{name: "duplicate keys", server: answers(200, `{"access_token":"`+canary+`access","access_token":"`+canary+`other","expires_in":3600}`), client: sessions.ErrUnavailable, login: sessions.ErrUnavailable, asked: 3},
	{name: "expires_in abc", server: granted(`"abc"`), client: sessions.ErrUnavailable, login: sessions.ErrUnavailable, asked: 3, says: "expires_in"},
	{name: "expires_in 0", server: granted(`0`), client: sessions.ErrUnavailable, login: sessions.ErrUnavailable, asked: 1},
	{name: "expires_in 1", server: granted(`1`), asked: 1},
	{name: "expires_in 1e3", server: granted(`1e3`), asked: 1},
	{name: "expires_in \"3600\"", server: granted(`"3600"`), asked: 1},
	{name: "no expires_in", server: granted(`null`), asked: 1},
	{name: "503", server: answers(503, secrets), client: sessions.ErrUnavailable, login: sessions.ErrUnavailable, asked: 3, says: "503"},
	{name: "500", server: answers(500, secrets), client: sessions.ErrUnavailable, login: sessions.ErrUnavailable, asked: 3, says: "500"},
	{name: "429 for a minute", server: answers(429, secrets, "Retry-After", "60"), client: sessions.ErrUnavailable, login: sessions.ErrUnavailable, asked: 1, says: "429"},
	{name: "invalid_client", server: answers(401, `{"error":"invalid_client","error_description":"`+secrets+`"}`), client: sessions.ErrUnavailable, login: sessions.ErrUnavailable, asked: 1, says: "invalid_client"},
	{name: "an error on 200", server: answers(200, `{"error":"invalid_scope","access_token":"`+canary+`access"}`), client: sessions.ErrUnavailable, login: sessions.ErrUnavailable, asked: 1, says: "invalid_scope"},
	{name: "invalid_grant", server: answers(400, `{"error":"invalid_grant"}`), client: sessions.ErrUnavailable, login: sessions.ErrLoginRequired, asked: 1, says: "invalid_grant"},
	{name: "a code that is none", server: answers(400, `{"error":"`+canary+`\n"}`), client: sessions.ErrUnavailable, login: sessions.ErrUnavailable, asked: 1, says: "other"},
	{name: "a lost answer", server: losesAnAnswer, login: sessions.ErrOutcomeUnknown, asked: 2},
	{name: "a panic", server: panics, client: sessions.ErrUnavailable, login: sessions.ErrUnavailable, asked: 3},
}

// secrets are what a careless server might repeat.
const secrets = secret + " " + canary + "refresh-k " + canary + "access-k"

// granted is a server in good order, but for what it says of a token's life.
func granted(expiresIn string) behaviour {
	return func(s *server, _ request) (*http.Response, error) {
		s.logsIn(canary + "refresh-1")
		return says(http.StatusOK, `{"access_token":"`+canary+`access-1","refresh_token":"`+canary+`refresh-1","token_type":"Bearer","expires_in":`+expiresIn+`}`)
	}
}

// losesAnAnswer does what it is asked to, and the answer never arrives. What it is
// asked next, it answers.
func losesAnAnswer(s *server, r request) (*http.Response, error) {
	s.becomes(grants)
	resp, err := grants(s, r)
	if err == nil {
		_ = resp.Body.Close()
	}
	return nil, errors.New("connection reset")
}

func TestBadAnswerIsAVerdictForAClientCredentialsSession(t *testing.T) {
	for _, c := range badAnswers {
		t.Run(c.name, func(t *testing.T) {
			inHouse(t, sessions.Config{}, func(h *house) {
				h.server.becomes(c.server)
				s := h.clientCredentials("k")
				h.judges(s, c.client, c.says)
				h.counts(c.asked)
			})
		})
	}
}

func TestBadAnswerIsAVerdictForAPersistentSession(t *testing.T) {
	for _, c := range badAnswers {
		t.Run(c.name, func(t *testing.T) {
			inHouse(t, sessions.Config{}, func(h *house) {
				h.server.becomes(c.server)
				s := h.expired("k")
				h.judges(s, c.login, c.says)
				h.counts(c.asked)
				h.keepsItsLogin(s, c.login)
			})
		})
	}
}

// judges has callers ask once, and checks what all of them are told, that none
// waits longer than the limits of a Config, and that nobody is told a secret.
func (h *house) judges(s *sessions.Session, want error, says string) {
	h.Helper()
	c := h.asks(20, s)
	if want == nil {
		c.served(h.T)
		return
	}
	a := c.told(h.T)
	h.wants(a.err, want)
	if a.after > 35*time.Second {
		h.Errorf("told after %s, want within HoldFor", a.after)
	}
	if !strings.Contains(a.err.Error(), says) {
		h.Errorf("error %q does not say %q", a.err, says)
	}
	h.discreet(a.err)
	h.discreet(s.Status())
	h.settles()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, ev := range h.events {
		h.discreet(ev)
	}
}

// discreet checks that something prints without a secret, in every way.
func (h *house) discreet(v any) {
	h.Helper()
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if text := fmt.Sprintf(format, v); strings.Contains(text, canary) {
			h.Errorf("a secret in %T by %s: %s", v, format, text)
		}
	}
}

// keepsItsLogin checks that a failure has cost a session nothing: when the server
// is well again, it goes on. A denied one stays denied.
func (h *house) keepsItsLogin(s *sessions.Session, was error) {
	h.Helper()
	if was == nil {
		return
	}
	h.server.becomes(grants)
	h.passes(10 * time.Minute)
	_, err := s.AccessToken(context.Background())
	switch {
	case !errors.Is(was, sessions.ErrUnavailable):
		h.wants(err, was)
	case err != nil:
		h.Errorf("the session has not survived: %v", err)
	}
}

func TestSilentServerIsCalledSilent(t *testing.T) {
	inHouse(t, sessions.Config{Retries: -1}, func(h *house) {
		h.server.becomes(isSilent)
		a := h.asks(10, h.clientCredentials("k")).told(t)
		h.wants(a.err, sessions.ErrUnavailable)
		if a.after != 10*time.Second || !strings.Contains(a.err.Error(), "no answer in time") {
			t.Errorf("after %s: %v; want no answer in time, after LeafTimeout: 10s", a.after, a.err)
		}
	})
}

func TestTransportThatIgnoresItsContextHoldsNobodyLonger(t *testing.T) {
	inHouse(t, sessions.Config{Retries: -1}, func(h *house) {
		hangsUp := make(chan struct{})
		h.server.becomes(isDeaf(hangsUp))
		a := h.asks(10, h.clientCredentials("k")).told(t)
		h.wants(a.err, sessions.ErrUnavailable)
		if a.after > 11*time.Second {
			t.Errorf("told after %s, want a second after LeafTimeout at most", a.after)
		}
		close(hangsUp)
	})
}
