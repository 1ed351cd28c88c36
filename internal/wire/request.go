package wire

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// Request is one request to an endpoint. Printing, logging or encoding it shows
// the endpoint's host and the attempt, and nothing else.
type Request struct {
	URL string

	// Form is sent urlencoded in this order; a field with an empty Value is left out.
	Form []Field

	// JSON is sent as a JSON object, in this order, in the place of Form and of the
	// Credentials' Fields; nil: they are.
	JSON []Member

	// ID is sent as the request-id, and a service that repeats it in its answer must
	// say this one; empty: not sent. It is no secret, and is new for each request.
	ID string

	// Header has extra headers; nil: none. Those that this package sets itself,
	// and those that would make net/http send a request twice, are ignored.
	Header http.Header

	Credentials Credentials
	ClientIP    netip.Addr // sent as X-Forwarded-For; the zero Addr: not sent
	Attempt     int        // goes into Failure.Attempt

	// AnyType: the token may be of no type, as that of an exchange may be.
	AnyType bool

	// Date is set to what time the answer says it is at the server, if it does;
	// nil: nobody asks.
	Date *time.Time
}

// Credentials are how the client authenticates itself on one request; the zero
// Credentials: not at all.
type Credentials struct {
	Authorization messages.Secret // the header's value; empty: none
	Fields        []Field         // form fields, sent last
}

// String describes the request without its secrets. A URL's path and query may
// hold some, so only its host is there.
func (r Request) String() string {
	host := "nowhere"
	if u, err := url.Parse(r.URL); err == nil && u.Host != "" {
		host = u.Host
	}
	return fmt.Sprintf("request to %s (attempt %d)", host, r.Attempt)
}

// Format writes String, whatever the verb.
func (r Request) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, r.String()) }

// LogValue returns String.
func (r Request) LogValue() slog.Value { return slog.StringValue(r.String()) }

// MarshalText returns String.
func (r Request) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// build returns the HTTP request, or why there is none.
func (r Request) build(ctx context.Context) (*http.Request, string) {
	if err := CheckURL(r.URL); err != nil {
		return nil, "URL " + err.Error()
	}
	header := r.headers()
	if !ValidHeader(header) {
		return nil, "a header is not valid"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL, strings.NewReader(r.body()))
	if err != nil {
		return nil, "URL is refused"
	}
	req.Header = header
	return req, ""
}

// note tells who asked what time an answer says it is.
func (r Request) note(answer http.Header) {
	text := answer.Get("Date")
	if r.Date == nil || text == "" {
		return
	}
	if date, err := http.ParseTime(text); err == nil {
		*r.Date = date
	}
}

func (r Request) body() string {
	if r.JSON != nil {
		return encodeJSON(r.JSON)
	}
	return EncodeForm(slices.Concat(r.Form, r.Credentials.Fields))
}
