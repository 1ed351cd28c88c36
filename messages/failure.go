package messages

import (
	"fmt"
	"strings"
	"time"
)

// Verdict says what it means for a session that a request to the authorization
// server brought no token.
type Verdict uint8

const (
	// Transient says that the server has not used the grant; the same request may
	// succeed later.
	Transient Verdict = iota

	// Doubtful says that the request was sent and no readable answer came. The server
	// may have used the grant, so a refresh token that can be used once may be
	// spent.
	Doubtful

	// Hopeless says that the request is refused for a reason that trying again does not
	// mend, such as a wrong client secret.
	Hopeless

	// GrantDenied says that the grant itself is no longer good (RFC 6749, section 5.2,
	// invalid_grant).
	GrantDenied
)

// String returns the verdict in lower case.
func (v Verdict) String() string {
	switch v {
	case Transient:
		return "transient"
	case Doubtful:
		return "doubtful"
	case Hopeless:
		return "hopeless"
	case GrantDenied:
		return "denied"
	}
	return fmt.Sprintf("Verdict(%d)", uint8(v))
}

// Failure is what came of a request to the authorization server, or to the
// store, that brought nothing. It is a plain value without secrets: Reason is
// one of our own words, Code is out of RFC 6749's character set.
type Failure struct {
	Verdict Verdict

	// Reason is what happened, in a few of our own words: "connection refused".
	Reason string

	// Status is the HTTP status; zero: there was no answer.
	Status int

	// Code is the error code of the answer; empty: it had none, "other": one
	// that is not out of RFC 6749's character set.
	Code string

	// Attempt counts the requests of one renewal, beginning with 1; zero: it was
	// no request to the endpoint.
	Attempt int

	// RetryAfter is how long the server asked us to wait; zero: it did not.
	RetryAfter time.Duration
}

// Error describes the failure: "503 temporarily_unavailable (attempt 2)".
func (f Failure) Error() string {
	words := make([]string, 0, 3)
	if f.Reason != "" {
		words = append(words, f.Reason)
	}
	if f.Status != 0 || f.Code != "" {
		words = append(words, f.endpoint().Error())
	}
	if len(words) == 0 {
		return f.Verdict.String()
	}
	return strings.Join(words, ": ")
}

// Unwrap returns the [*EndpointError] if the endpoint said something.
func (f Failure) Unwrap() error {
	if f.Status == 0 && f.Code == "" {
		return nil
	}
	return f.endpoint()
}

func (f Failure) endpoint() *EndpointError {
	return &EndpointError{Status: f.Status, Code: f.Code, Attempt: f.Attempt}
}
