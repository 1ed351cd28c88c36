package sessions

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast/actor"
	"github.com/holdfast-go/holdfast/internal/wire"
	"github.com/holdfast-go/holdfast/messages"
)

// Client returns an HTTP client that sends every request to one of the origins with a
// valid access token of the session. base makes the requests; nil: a zero
// http.Client. It is copied, not changed, and neither is a request: the Request of
// a response is the one that was given, without the token.
//
// An origin is a scheme, a host and a port, "https://api.example.com"; plain http
// is for loopback addresses only. A request to any other origin, or to one of a
// wrong list of origins, is ErrInvalid and not sent; a redirect to another origin is
// followed without the token and without any other Authorization. A request for
// which there is no token is not sent either: the error is that of
// Session.AccessToken, inside a *url.Error.
//
// When an origin answers 401 and its challenge (RFC 6750) names the token as the cause,
// or it asks for nothing else and there is no body, the token is rejected (see
// Session.Reject) and the request sent once more with a newer one, if its body can
// be had again (http.Request.GetBody). Any other 401, and that of the second
// request, is the answer.
func (s *Session) Client(base *http.Client, origins ...string) *http.Client {
	if base == nil {
		base = &http.Client{}
	}
	client := *base
	t := &transport{session: s, base: base.Transport}
	t.origins, t.wrong = parseOrigins(origins)
	if t.base == nil {
		t.base = http.DefaultTransport
	}
	client.Transport = t
	return &client
}

// transport puts the session's token on requests.
type transport struct {
	session *Session
	base    http.RoundTripper
	origins []string
	wrong   error // with the origins
}

// errRefused is the cause that Reject is told.
var errRefused = errors.New("the resource server answered 401")

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if t.wrong != nil {
		return nil, refuse(req, t.wrong)
	}
	if !slices.Contains(t.origins, origin(req.URL)) {
		return t.elsewhere(req)
	}
	token, err := t.session.Token(req.Context())
	if err != nil {
		return nil, refuse(req, err)
	}
	resp, err := t.send(req, req.Body, token)
	if err != nil || resp.StatusCode != http.StatusUnauthorized || !blamesToken(resp) {
		return resp, err
	}
	return t.again(req, resp, token)
}

// elsewhere follows a redirect without the token. A request of the caller's own
// that would go out without the token he counts on is refused.
func (t *transport) elsewhere(req *http.Request) (*http.Response, error) {
	if req.Response == nil {
		return nil, refuse(req, messages.Invalid("URL", "is of an origin that the client was not made for"))
	}
	// http.Client takes the Authorization of the first request along to other ports
	// and to subdomains. It may well be a token, put there by Session.Authorize.
	if req.Header.Get("Authorization") != "" {
		req = req.Clone(req.Context())
		req.Header.Del("Authorization")
	}
	return t.base.RoundTrip(req)
}

// again sends a refused request once more with a newer token. Where that cannot be
// done the refusal is the answer.
func (t *transport) again(req *http.Request, refused *http.Response, token messages.Token) (*http.Response, error) {
	if err := t.session.Reject(req.Context(), token.Access.Reveal(), errRefused); err != nil {
		return refused, nil
	}
	body, ok := replay(req)
	if !ok {
		return refused, nil
	}
	newer, err := t.session.Token(req.Context())
	if err != nil || newer.Access == token.Access {
		closeBody(body)
		return refused, nil
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(refused.Body, drained))
	_ = refused.Body.Close()
	return t.send(req, body, newer)
}

// drained is how much of a refusal is read so that its connection can be used again.
const drained = 4 << 10

// CloseIdleConnections lets http.Client.CloseIdleConnections reach the base.
func (t *transport) CloseIdleConnections() {
	if c, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// send sends a copy of the request with a body and a token of its own. The response
// leads to the caller's request, as who dumps it shall not find the token there.
func (t *transport) send(req *http.Request, body io.ReadCloser, token messages.Token) (*http.Response, error) {
	authorized := req.Clone(req.Context())
	authorized.Body = body
	setAuthorization(authorized, actor.Header(token))
	resp, err := t.base.RoundTrip(authorized)
	if err != nil {
		return nil, err
	}
	resp.Request = req
	return resp, nil
}

// refuse closes the body, as a RoundTripper must even if it sends nothing.
func refuse(req *http.Request, err error) error {
	closeBody(req.Body)
	return err
}

func closeBody(body io.ReadCloser) {
	if body != nil {
		_ = body.Close()
	}
}

// replay returns the request's body once more, and false if it is gone.
func replay(req *http.Request) (io.ReadCloser, bool) {
	if req.Body == nil || req.Body == http.NoBody {
		return req.Body, true
	}
	if req.GetBody == nil {
		return nil, false
	}
	body, err := req.GetBody()
	return body, err == nil
}

// blamesToken reports whether a 401 says that the token was the cause. A server that
// says nothing at all, as Box does, means that too.
func blamesToken(resp *http.Response) bool {
	asked := readChallenges(resp.Header.Values("WWW-Authenticate"))
	switch {
	case asked.code != "":
		return asked.code == "invalid_token"
	case asked.others && !asked.bearer:
		return false
	}
	return isEmpty(resp)
}

// isEmpty looks whether there is a body, and puts back what it read.
func isEmpty(resp *http.Response) bool {
	var first [1]byte
	n, err := io.ReadFull(resp.Body, first[:])
	if errors.Is(err, io.EOF) {
		return true
	}
	whole := io.MultiReader(bytes.NewReader(first[:n]), resp.Body)
	if err != nil {
		whole = broken{err}
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{whole, resp.Body}
	return false
}

// broken is a body whose first byte could not be read.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// parseOrigins returns the origins in the form that origin has.
func parseOrigins(given []string) ([]string, error) {
	if len(given) == 0 {
		return nil, messages.Invalid("origins", "are empty")
	}
	origins := make([]string, 0, len(given))
	for i, text := range given {
		field := fmt.Sprintf("origins[%d]", i)
		if err := wire.CheckURL(text); err != nil {
			return nil, messages.Invalid(field, err.Error())
		}
		u, err := url.Parse(text)
		if err != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
			return nil, messages.Invalid(field, "is more than scheme, host and port")
		}
		origins = append(origins, origin(u))
	}
	return origins, nil
}

// origin returns scheme, host and port of a URL (RFC 6454, section 4).
func origin(u *url.URL) string {
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "https":
		port = "443"
	case u.Scheme == "http":
		port = "80"
	}
	return strings.ToLower(u.Scheme) + "://" + strings.ToLower(u.Hostname()) + ":" + port
}
