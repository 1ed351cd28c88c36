package simulate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// answer is what the server says, before it is HTTP.
type answer struct {
	status int
	header http.Header // besides those of every answer; nil: none
	body   any         // sent as JSON; nil: nothing is
}

// given is the body of an answer that grants (RFC 6749, section 5.1).
type given struct {
	Access     string `json:"access_token"`
	IssuedType string `json:"issued_token_type,omitempty"`
	Type       string `json:"token_type"`
	TTL        int64  `json:"expires_in"`
	Refresh    string `json:"refresh_token,omitempty"`
	RefreshTTL int64  `json:"refresh_token_expires_in,omitempty"`
	Scope      string `json:"scope,omitempty"`
}

// refused is the body of one that does not (RFC 6749, section 5.2).
type refused struct {
	Code string `json:"error"`
	Why  string `json:"error_description"`
}

// gives answers a token request with a pair.
func (s *Server) gives(p *pair, form url.Values, now time.Time) answer {
	g := given{
		Access:  p.access(),
		Type:    "Bearer",
		TTL:     int64(p.expiry.Sub(now) / time.Second),
		Refresh: p.refresh(),
		Scope:   form.Get("scope"),
	}
	if !p.refreshExpiry.IsZero() {
		g.RefreshTTL = int64(p.refreshExpiry.Sub(now) / time.Second)
	}
	if p.exchanged {
		g.IssuedType = "urn:ietf:params:oauth:token-type:access_token"
	}
	return answer{status: http.StatusOK, body: g}
}

func refuses(status int, code, why string) answer {
	return answer{status: status, body: refused{code, why}}
}

// denies is for what the client can do nothing about by asking in another way.
func denies(code, why string) answer { return refuses(http.StatusBadRequest, code, why) }

func invalid(why string) answer { return denies("invalid_request", why) }

// tooMany tells the client to come back.
func tooMany(wait time.Duration) answer {
	seconds := (wait + time.Second - 1) / time.Second
	return refuses(http.StatusTooManyRequests, "slow_down", "there are too many token requests").
		with("Retry-After", strconv.FormatInt(int64(seconds), 10))
}

// with returns an answer with one more header.
func (a answer) with(name, value string) answer {
	h := a.header.Clone()
	if h == nil {
		h = http.Header{}
	}
	h.Set(name, value)
	a.header = h
	return a
}

// response is the answer to req as HTTP.
func (a answer) response(req *http.Request, now time.Time) *http.Response {
	var body []byte
	h := http.Header{"Cache-Control": {"no-store"}, "Date": {now.UTC().Format(http.TimeFormat)}}
	for name, values := range a.header {
		h[name] = values
	}
	if a.body != nil {
		h.Set("Content-Type", "application/json")
		body, _ = json.Marshal(a.body) // of strings and numbers
	}
	return &http.Response{
		Status:        fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)),
		StatusCode:    a.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        h,
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)),
		Request:       req,
	}
}
