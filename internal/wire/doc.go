// Package wire makes one request to a token, revocation or permission endpoint, reads
// the answer strictly, and says what it means if that brought nothing.
//
//	Request ─▶ body and headers ─▶ endpoint ─▶ reply ─▶ messages.Token, or messages.Failure
//
// It is the one place that knows about HTTP statuses and OAuth error codes. What
// it made of them is the Verdict of a [messages.Failure]:
//
//	an answer with a code, whatever its status
//	  invalid_grant                                       GrantDenied
//	  invalid_client, unauthorized_client, invalid_scope,
//	  invalid_target, invalid_request,
//	  unsupported_grant_type, unsupported_token_type      Hopeless
//	  temporarily_unavailable, server_error, slow_down    as the status; 2xx: Transient
//	  any other code                                      Hopeless; 429 and 5xx: as the status
//	an answer without a code
//	  2xx without a usable token                          Doubtful
//	  3xx, whatever it carries: it is never followed      Transient
//	  4xx                                                 Transient
//	  501, 503, 505                                       Transient
//	  500, 502, 504 and any other status                  Doubtful
//	  a body that breaks off (2xx, 4xx and 5xx)           Doubtful
//	an answer of a permission service, before that
//	  with the request-id of another request              Doubtful
//	  401 or 403 with ours and no code that is above      GrantDenied
//	no answer
//	  there was no connection to write to                 Transient
//	  something may have been written                     Doubtful
//	no request, for its URL or a header is refused        Hopeless
//
// A code is the member "error" of a JSON object. One that has a character which
// RFC 6749 does not allow there, is over 64 bytes, is no string or repeats what
// was sent is called "other".
//
// Nothing of a request and nothing of an answer but its status and its code is in
// a Failure: its Reason is always one of this package's own words.
//
// A request is sent once. There is no retry, no clock and no state here: the time
// is an argument, and the context has the deadline.
package wire
