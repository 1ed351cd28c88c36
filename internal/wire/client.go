package wire

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// Client makes requests to endpoints. Make one with New; it is safe for concurrent
// use.
type Client struct {
	http    http.Client
	own     *http.Transport // nil: the client was given
	maxBody int
}

const (
	defaultBody = 1 << 20
	largestBody = 1 << 30 // one more is still an int
)

// New returns a client that sends its requests by given; nil: by a transport of
// its own, which uses TLS 1.2 or newer and no proxy. Of a given client, which is
// copied, the cookies are dropped and the redirects refused; its Transport and its
// Timeout are kept. An answer of more than maxBody bytes is refused; zero or less:
// 1 MiB.
func New(given *http.Client, maxBody int) *Client {
	c := &Client{maxBody: min(maxBody, largestBody)}
	if maxBody <= 0 {
		c.maxBody = defaultBody
	}
	if given == nil {
		c.own = newTransport()
		given = &http.Client{Transport: c.own}
	}
	c.http = *given
	c.http.Jar = nil
	if c.http.Transport == nil {
		c.http.Transport = http.DefaultTransport
	}
	c.http.Transport = legible{c.http.Transport}
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c
}

// Close closes the idle connections of the client's own transport; those of a
// client that was given are its owner's.
func (c *Client) Close() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
}

// Token asks a token endpoint for a token. now is when the request is sent: it is
// the token's Issued, and its life is counted from there. Its Expiry is zero if the
// endpoint did not say how long it lives. The error is nil or a messages.Failure.
// It waits for the endpoint as long as ctx lets it.
func (c *Client) Token(ctx context.Context, now time.Time, r Request) (messages.Token, error) {
	got, err := c.post(ctx, r)
	if err != nil {
		return messages.Token{}, err
	}
	why := got.flaw
	if why == "" && isSuccess(got.status) && codeOf(r, got.members) == "" {
		var token messages.Token
		if token, why = readToken(got.members, now, r.AnyType); why == "" {
			return token, nil
		}
	}
	return messages.Token{}, got.failure(now, r, why)
}

// Revoke asks a revocation endpoint to end a token. The error is nil if the server
// has confirmed it, else a messages.Failure.
func (c *Client) Revoke(ctx context.Context, now time.Time, r Request) error {
	got, err := c.post(ctx, r)
	if err != nil {
		return err
	}
	// "The content of the response body is ignored by the client as all necessary
	// information is conveyed in the response code."
	// https://www.rfc-editor.org/rfc/rfc7009#section-2.2
	// That is not so with servers which answer 200 with an error in it.
	if isSuccess(got.status) && codeOf(r, got.members) == "" {
		return nil
	}
	return got.failure(now, r, got.flaw)
}

func (c *Client) post(ctx context.Context, r Request) (reply, error) {
	var p progress
	req, why := r.build(httptrace.WithClientTrace(ctx, p.trace()))
	if why != "" {
		return reply{}, messages.Failure{Verdict: messages.Hopeless, Reason: why, Attempt: r.Attempt}
	}
	if err := ctx.Err(); err != nil {
		return reply{}, messages.Failure{Verdict: messages.Transient, Reason: p.whyUnsent(ctx, err), Attempt: r.Attempt}
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return reply{}, p.failure(ctx, err, r.Attempt)
	}
	defer func() { _ = resp.Body.Close() }()
	r.note(resp.Header)
	return readReply(ctx, resp, c.maxBody), nil
}
