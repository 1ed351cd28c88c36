// Package authserver is a real OAuth 2.0 authorization server to run against,
// in tests and in demonstrations: go-oidc's protocol, over a store of our own,
// with faults that can be switched on while it runs and counters to read.
//
//	srv, err := authserver.Start(authserver.Config{Lifetime: 5 * time.Second})
//	defer srv.Close()
//	pair, err := srv.Login("client", "alice")     // what a login leaves behind
//	...                                           // POST srv.URL() + authserver.TokenPath
//	claims, err := srv.Verify(accessToken)        // what a resource server asks
//
// It grants client credentials, refresh with rotation, token exchange
// (RFC 8693) and jwt-bearer (RFC 7523), revokes (RFC 7009) and introspects
// (RFC 7662). Access tokens are JWTs signed with ES256.
//
// # Families
//
// A family is a grant with every token that was ever issued under it. It has
// one unspent refresh token, or none; using it spends it:
//
//	refresh token   used                       answer
//	unspent         -                          a new pair; it is spent now
//	spent           less than Grace ago        a new pair; the earlier pairs stay good
//	spent           earlier, or no Grace       invalid_grant; the family is revoked
//	any             family revoked, expired    invalid_grant
//
// Each use that is answered with a pair begins the next generation of the
// family; the access tokens say which one they are of. A grace use branches:
// every branch ends in an unspent refresh token. A token got by exchange begins
// a family of its own, which ends with the one it was exchanged from.
//
// # What it does not do
//
// There is no authorization endpoint: Login stands for a finished login. Without
// Config.File nothing survives a restart; with it, a power failure may take the newest.
// What has expired is forgotten.
package authserver
