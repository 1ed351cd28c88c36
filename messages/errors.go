package messages

import (
	"errors"
	"fmt"
	"time"
)

// The errors answer three questions of a caller. Test for them with errors.Is.
var (
	// May I try again? Yes, but not before [RetryAfter].

	// ErrUnavailable: no token now; the authorization server or the store
	// failed, or a wait was limited.
	ErrUnavailable = errors.New("unavailable")

	// ErrOverloaded: too many callers are held or too many renewals are queued
	// in this process.
	ErrOverloaded = errors.New("overloaded")

	// Must a human log in? Yes.

	// ErrLoginRequired: the grant is gone.
	ErrLoginRequired = errors.New("login required")

	// ErrNotEstablished: the session has never had a grant.
	ErrNotEstablished = errors.New("not established")

	// ErrRevoked: the session was revoked, here or elsewhere.
	ErrRevoked = errors.New("revoked")

	// ErrOutcomeUnknown: the grant is gone, and it may have been lost with an
	// answer that never arrived. It also is ErrLoginRequired for errors.Is.
	ErrOutcomeUnknown error = outcomeUnknown{}

	// Is it my bug? Yes.

	// ErrInvalid: an argument is wrong; the message names the field.
	ErrInvalid = errors.New("invalid")

	// ErrNotSupported: this kind of session, or its endpoint, cannot do that.
	ErrNotSupported = errors.New("not supported")

	// ErrClosed: the Manager was closed, or the session was forgotten.
	ErrClosed = errors.New("closed")
)

type outcomeUnknown struct{}

func (outcomeUnknown) Error() string { return "outcome unknown: login required" }

func (outcomeUnknown) Is(target error) bool { return target == ErrLoginRequired }

// EndpointError is what a token or revocation endpoint said. It is part of the
// chain of an error that an answer of the endpoint caused; find it with
// errors.As. It carries nothing of the answer but its status and its code.
type EndpointError struct {
	// Status is the HTTP status; zero: there was no answer.
	Status int

	// Code is the RFC 6749 error code, "other" where the server sent one that
	// is not out of that RFC's character set, empty where it sent none.
	Code string

	// Attempt counts the requests of one renewal, beginning with 1.
	Attempt int
}

// Error describes the answer: "endpoint answered 400 invalid_client (attempt 1)".
func (e *EndpointError) Error() string {
	text := "endpoint answered"
	if e.Status != 0 {
		text += fmt.Sprintf(" %d", e.Status)
	}
	if e.Code != "" {
		text += " " + e.Code
	}
	if e.Attempt != 0 {
		text += fmt.Sprintf(" (attempt %d)", e.Attempt)
	}
	return text
}

// Invalid returns an error that is [ErrInvalid] and says which field is wrong
// and how, without quoting its value.
func Invalid(field, how string) error {
	return fmt.Errorf("%w: %s %s", ErrInvalid, field, how)
}

// Later returns an error that is kind ([ErrUnavailable] or [ErrOverloaded]) and
// cause, and that tells [RetryAfter] when to come back. A nil cause adds nothing.
func Later(kind error, after time.Duration, cause error) error {
	return &later{kind: kind, after: max(after, 0), cause: cause}
}

// RetryAfter returns how long to wait before asking again, counted from when the
// error was returned, and whether err says so at all. It looks through
// wrapped errors.
func RetryAfter(err error) (time.Duration, bool) {
	if l, ok := errors.AsType[*later](err); ok {
		return l.after, true
	}
	return 0, false
}

type later struct {
	kind  error
	after time.Duration
	cause error
}

func (l *later) Error() string {
	text := l.kind.Error()
	if l.cause != nil {
		text += ": " + l.cause.Error()
	}
	return fmt.Sprintf("%s (retry after %s)", text, l.after.Round(time.Millisecond))
}

func (l *later) Unwrap() []error {
	if l.cause == nil {
		return []error{l.kind}
	}
	return []error{l.kind, l.cause}
}
