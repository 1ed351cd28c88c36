// Package messages is the vocabulary of holdfast: what a session is asked, what
// it answers, what it reports, and the values that travel with these.
//
//	ask      what a caller wants            Get, Refresh, Exchange, Revoke, Establish, Reject
//	Reply    what comes back                a Token or an error
//	Event    what happened to a session     Acquired, Renewed, Failing, …
//	errors   the three questions            may I try again, must a human log in, is it my bug
//	Token    an access token and what came with it
//	Record   what a store keeps of a session
//	Failure  what an answer of the token endpoint that brought no token means
//
// Everything here is a plain value that is safe to copy and to use from several
// goroutines at once, as long as nobody changes a map or slice inside it.
//
// Tokens, proofs and refresh tokens are of type [Secret], which prints as
// REDACTED wherever it is printed, logged or encoded. No error and no event of
// this package carries one.
package messages
