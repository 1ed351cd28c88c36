package sessions_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

const invalidToken = `Bearer realm="api", error="invalid_token", error_description="it has expired"`

// refusing answers 401 to whoever brings one of these tokens.
func refusing(body, challenge string, tokens ...string) func(int, *http.Request) *http.Response {
	return func(_ int, r *http.Request) *http.Response {
		for _, token := range tokens {
			if r.Header.Get("Authorization") != "Bearer "+token {
				continue
			}
			if challenge == "" {
				return response(http.StatusUnauthorized, body)
			}
			return response(http.StatusUnauthorized, body, "WWW-Authenticate", challenge)
		}
		return nil
	}
}

func TestRefusedRequestIsSentOnceMoreWithANewerToken(t *testing.T) {
	for name, refusal := range map[string]struct{ body, challenge string }{
		"invalid_token":                    {"", invalidToken},
		"invalid_token and a body":         {"it has expired", invalidToken},
		"nothing said":                     {"", ""},
		"a Bearer challenge without error": {"", `Bearer realm="api"`},
		"Bearer among others":              {"", `Negotiate YII/+w==, ` + invalidToken},
	} {
		t.Run(name, func(t *testing.T) {
			s := &shop{answer: refusing(refusal.body, refusal.challenge, "at-1")}
			client, d := clientOf(t, s, "https://api.example")
			resp, err := client.Post("https://api.example/", "text/plain", strings.NewReader("order"))
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				t.Errorf("status %d", resp.StatusCode)
			}
			s.wants(t, "POST https://api.example/ Bearer at-1", "POST https://api.example/ Bearer at-2")
			if diff := cmp.Diff([]string{"order", "order"}, s.bodies); diff != "" {
				t.Errorf("bodies (-want +got):\n%s", diff)
			}
			d.wasAsked(t, 2)
		})
	}
}

func TestOtherRefusalsArePassedThroughWhole(t *testing.T) {
	for name, refusal := range map[string]struct{ body, challenge string }{
		"insufficient_scope":          {"", `Bearer error="insufficient_scope", scope="admin"`},
		"insufficient_scope, a body":  {"you may not", `Bearer error="insufficient_scope"`},
		"invalid_request":             {"", `Bearer error="invalid_request"`},
		"a body and no challenge":     {`{"message":"no such user"}`, ""},
		"a body and no error":         {"who are you", `Bearer realm="api"`},
		"another scheme":              {"", `Basic realm="api"`},
		"another scheme, and a body":  {"who are you", `Negotiate`},
		"invalid_token of a stranger": {"", `Basic realm="Bearer error=\"invalid_token\"", error="invalid_token"`},
	} {
		t.Run(name, func(t *testing.T) {
			s := &shop{answer: refusing(refusal.body, refusal.challenge, "at-1")}
			client, d := clientOf(t, s, "https://api.example")
			resp, err := client.Post("https://api.example/", "text/plain", strings.NewReader("order"))
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if err != nil || resp.StatusCode != http.StatusUnauthorized || string(body) != refusal.body {
				t.Errorf("answer %d %q, %v", resp.StatusCode, body, err)
			}
			s.wants(t, "POST https://api.example/ Bearer at-1")
			d.wasAsked(t, 1)
		})
	}
}

func TestOtherStatusesAreNoRefusal(t *testing.T) {
	for _, status := range []int{http.StatusForbidden, http.StatusProxyAuthRequired, http.StatusNotFound, http.StatusServiceUnavailable} {
		s := &shop{answer: func(int, *http.Request) *http.Response {
			return response(status, "", "WWW-Authenticate", invalidToken)
		}}
		client, d := clientOf(t, s, "https://api.example")
		if err := fetch(t, client, "https://api.example/"); err != nil {
			t.Error(err)
		}
		s.wants(t, "GET https://api.example/ Bearer at-1")
		d.wasAsked(t, 1)
	}
}

func TestRequestIsNeverSentAThirdTime(t *testing.T) {
	s := &shop{answer: refusing("", invalidToken, "at-1", "at-2", "at-3")}
	d := &desk{}
	mgr := manage(t, sessions.Config{ForceInterval: 1}) // nothing else stands in the way
	client := opened(t, mgr, "k", sessions.Anonymous(d.endpoint())).Client(&http.Client{Transport: s}, "https://api.example")
	resp, err := client.Get("https://api.example/")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("status %d", resp.StatusCode)
	}
	s.wants(t, "GET https://api.example/ Bearer at-1", "GET https://api.example/ Bearer at-2")
	d.wasAsked(t, 2)
}

func TestBodyThatIsGoneIsNotSentAgainAndTheTokenIsRejectedAllTheSame(t *testing.T) {
	for name, broken := range map[string]func() (io.ReadCloser, error){
		"no GetBody":         nil,
		"GetBody that fails": func() (io.ReadCloser, error) { return nil, errors.New("the file is gone") },
	} {
		t.Run(name, func(t *testing.T) {
			s := &shop{answer: refusing("expired", invalidToken, "at-1")}
			client, d := clientOf(t, s, "https://api.example")
			req := requestTo(t, http.MethodPost, "https://api.example/", io.MultiReader(strings.NewReader("order")))
			req.GetBody = broken
			resp, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusUnauthorized || string(body) != "expired" {
				t.Errorf("answer %d %q", resp.StatusCode, body)
			}
			d.wasAsked(t, 1)
			if err := fetch(t, client, "https://api.example/"); err != nil {
				t.Error(err)
			}
			s.wants(t, "POST https://api.example/ Bearer at-1", "GET https://api.example/ Bearer at-2")
		})
	}
}

// countedBody is one that says how it was left.
type countedBody struct {
	io.Reader
	read, closed int
}

func (c *countedBody) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read += n
	return n, err
}

func (c *countedBody) Close() error { c.closed++; return nil }

func TestRefusalThatIsReplacedIsDrainedAndClosed(t *testing.T) {
	for size, want := range map[int]int{100: 100, 1 << 20: 4 << 10} {
		body := &countedBody{Reader: bytes.NewReader(make([]byte, size))}
		s := &shop{answer: func(n int, _ *http.Request) *http.Response {
			if n > 1 {
				return nil
			}
			resp := response(http.StatusUnauthorized, "", "WWW-Authenticate", invalidToken)
			resp.Body = body
			return resp
		}}
		client, _ := clientOf(t, s, "https://api.example")
		if err := fetch(t, client, "https://api.example/"); err != nil {
			t.Error(err)
		}
		if body.read != want || body.closed != 1 {
			t.Errorf("of %d bytes %d were read, and it was closed %d times", size, body.read, body.closed)
		}
	}
}

func TestRefusalThatIsTheAnswerIsLeftForTheCallerToClose(t *testing.T) {
	body := &countedBody{Reader: strings.NewReader("who are you")}
	s := &shop{answer: func(int, *http.Request) *http.Response {
		resp := response(http.StatusUnauthorized, "")
		resp.Body = body
		return resp
	}}
	client, _ := clientOf(t, s, "https://api.example")
	resp, err := client.Get("https://api.example/")
	if err != nil {
		t.Fatal(err)
	}
	if body.closed != 0 {
		t.Error("closed before the caller has read it")
	}
	_ = resp.Body.Close()
	if body.closed != 1 {
		t.Errorf("closed %d times", body.closed)
	}
}

func TestRefusalWhoseBodyBreaksOffIsPassedThroughWithItsError(t *testing.T) {
	broken := errors.New("connection reset")
	s := &shop{answer: func(int, *http.Request) *http.Response {
		resp := response(http.StatusUnauthorized, "")
		resp.Body = io.NopCloser(&failsOnce{err: broken})
		return resp
	}}
	client, d := clientOf(t, s, "https://api.example")
	resp, err := client.Get("https://api.example/")
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.ReadAll(resp.Body)
	mustBe(t, err, broken)
	_ = resp.Body.Close()
	d.wasAsked(t, 1)
}

// failsOnce is a reader that tells its error once.
type failsOnce struct{ err error }

func (f *failsOnce) Read([]byte) (int, error) {
	err := f.err
	f.err = io.EOF
	return 0, err
}

func TestRefusedWithoutANewTokenIsTheAnswer(t *testing.T) {
	s := &shop{answer: refusing("", "", "at-1")}
	d := &desk{}
	d.instead = func(n int) *http.Response {
		if n == 1 {
			return nil
		}
		return response(http.StatusBadRequest, `{"error":"invalid_client"}`)
	}
	client := sessionOf(t, sessions.Anonymous(d.endpoint())).Client(&http.Client{Transport: s}, "https://api.example")
	resp, err := client.Get("https://api.example/")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("status %d", resp.StatusCode)
	}
	s.wants(t, "GET https://api.example/ Bearer at-1")
}

func TestCallerWhoLeavesDuringTheSecondTokenIsLetGoAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shop{answer: refusing("", invalidToken, "at-1")}
		d := &desk{}
		d.instead = func(n int) *http.Response {
			if n == 2 {
				time.Sleep(5 * time.Second)
			}
			return nil
		}
		session := sessionOf(t, sessions.Anonymous(d.endpoint()))
		client := session.Client(&http.Client{Transport: s}, "https://api.example")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		resp, err := client.Do(requestTo(t, http.MethodPost, "https://api.example/", strings.NewReader("order")).WithContext(ctx))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusUnauthorized || time.Since(start) != time.Second {
			t.Errorf("status %d after %s", resp.StatusCode, time.Since(start))
		}
		s.wants(t, "POST https://api.example/ Bearer at-1")
		if at := accessTokenOf(t, session); at != "at-2" {
			t.Errorf("the renewal went on to %s, want at-2", at)
		}
	})
}

func TestResourceServerThatRefusesEverythingCannotDrainTheAuthorizationServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shop{answer: func(int, *http.Request) *http.Response { return response(http.StatusUnauthorized, "") }}
		d := &desk{}
		mgr := manage(t, sessions.Config{ForceInterval: 10 * time.Second})
		client := opened(t, mgr, "k", sessions.Anonymous(d.endpoint())).Client(&http.Client{Transport: s}, "https://api.example")
		for range 600 {
			if err := fetch(t, client, "https://api.example/"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond)
		}
		// The first token, and one for each of the six intervals of a minute.
		d.wasAsked(t, 7)
	})
}

func TestCallersRefusedAtOnceShareOneRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shop{answer: func(_ int, r *http.Request) *http.Response {
			time.Sleep(time.Second) // so that all have the same token
			return refusing("", invalidToken, "at-1")(0, r)
		}}
		d := &desk{}
		session := sessionOf(t, sessions.Anonymous(d.endpoint()))
		accessTokenOf(t, session)
		client := session.Client(&http.Client{Transport: s}, "https://api.example")
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				resp, err := client.Get("https://api.example/")
				if err != nil {
					t.Error(err)
					return
				}
				_ = resp.Body.Close()
				if resp.StatusCode != http.StatusOK {
					t.Errorf("status %d", resp.StatusCode)
				}
			})
		}
		all.Wait()
		d.wasAsked(t, 2)
		if got := len(s.served); got != 200 {
			t.Errorf("%d requests, want 200", got)
		}
	})
}

func TestRefusalOfATokenThatIsNotHeldAnyMoreRejectsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{}
		session := sessionOf(t, sessions.Anonymous(d.endpoint()))
		s := &shop{}
		s.answer = func(n int, r *http.Request) *http.Response {
			if n == 1 {
				// Meanwhile somebody else has renewed.
				if err := session.Refresh(r.Context()); err != nil {
					t.Error(err)
				}
			}
			return refusing("", invalidToken, "at-1")(n, r)
		}
		client := session.Client(&http.Client{Transport: s}, "https://api.example")
		if err := fetch(t, client, "https://api.example/"); err != nil {
			t.Fatal(err)
		}
		s.wants(t, "GET https://api.example/ Bearer at-1", "GET https://api.example/ Bearer at-2")
		d.wasAsked(t, 2)
	})
}

func TestRejectionTellsSubscribersWhoRefused(t *testing.T) {
	mgr := manage(t, sessions.Config{})
	rejected := make(chan messages.Rejected, 1)
	mgr.Subscribe(func(ev messages.Event) {
		if r, ok := ev.(messages.Rejected); ok {
			rejected <- r
		}
	})
	d := &desk{}
	s := &shop{answer: refusing("", invalidToken, "at-1")}
	client := opened(t, mgr, "k", sessions.Anonymous(d.endpoint())).Client(&http.Client{Transport: s}, "https://api.example")
	if err := fetch(t, client, "https://api.example/"); err != nil {
		t.Fatal(err)
	}
	if r := <-rejected; r.Cause.Error() != "the resource server answered 401" {
		t.Errorf("cause %q", r.Cause)
	}
}
