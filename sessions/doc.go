// Package sessions is the front door of holdfast: it keeps OAuth2 access tokens
// valid for servers that make very many calls on behalf of very many subjects.
//
//	mgr, err := sessions.Open(sessions.Config{})
//	…
//	defer mgr.Close(ctx)
//	s, err := mgr.Session("tenant-42", sessions.ClientCredentials(ep, sessions.Subject{}))
//	…
//	at, err := s.AccessToken(ctx)
//
// A Manager holds sessions by key; a session is one grant: one token endpoint,
// client, subject, and set of scopes. Make a session once and keep it, or ask the
// Manager for it by key each time: both are cheap.
//
// # What a call costs, and when it waits
//
// A fresh token is read without a lock. A token that will soon run out is given
// out all the same while one renewal goes on behind it. Only without a valid
// token do callers wait, all of them for one renewal, each under his own
// context: one who leaves disturbs neither the others nor the renewal. If the renewal fails, all
// are told the same at once.
//
// # Errors
//
// Every error answers one of three questions; test with errors.Is.
//
//	may I try again?        ErrUnavailable, ErrOverloaded     not before RetryAfter(err)
//	must a human log in?    ErrLoginRequired, ErrNotEstablished, ErrRevoked, ErrOutcomeUnknown
//	is it my bug?           ErrInvalid, ErrNotSupported, ErrClosed
//
// What an endpoint said is in the chain as *EndpointError. A call that gives up
// waiting returns the cause of its context.
//
// # Kinds
//
//	Anonymous          client credentials, for the client itself
//	ClientCredentials  the same, also for a subject of the client
//	JWTBearer          an assertion that the client signs for somebody (RFC 7523)
//	Persistent         a refresh token that somebody's login has left
//	Authorization      proofs that are turned into permissions, and their refresh token
//	Static             a token that nobody can renew
//	KeepAlive          any of these, renewed without being asked
//
// # Clients
//
//	Basic, BasicEncoded  a secret in a header
//	Post                 a secret in the form
//	PrivateKeyJWT        an assertion that the client signs (RFC 7523)
//	None                 nothing: a public client
//
// Assertions are made afresh for each request. ParseKey reads the key that
// signs them out of a PEM file; one that stays in an HSM or a KMS is a
// crypto.Signer as well.
//
// # Secrets
//
// Tokens are messages.Secret and print as REDACTED. Nothing of this package puts
// one into an error, an event, a status or a log.
package sessions
