// Package spatium is a small fake of Spatium's authorization service, to run
// sessions of the kind Authorization against.
//
//	service, err := spatium.New(spatium.Config{})
//	srv := httptest.NewServer(service)
//	base := srv.URL + spatium.BasePath
//
// It serves, below BasePath, by POST and in JSON:
//
//	CredentialsPath   username, password                     a security token
//	KeyPath           tokenId, permissions, merchantKey      a permission token and its refresh token
//	FactorsPath       tokenId, permissions, securityTokens   likewise
//	RefreshPath       permissionRefreshToken                 likewise
//
// Every request has a request-id, a UUID, and its answer is {"requestId": …, "data": …}
// with the same. All tokens are JWTs signed with RS256; a permission token lives for 900
// seconds, and Verify judges it. What an account is issued for a tokenId ends the refresh
// token that was issued for it before; other tokenIds do not notice.
//
// The documentation of the service shows the envelope, the security factor, the issue by
// key and what a permission token says. The fields of FactorsPath, RefreshPath with its
// field, that a refresh replaces both tokens, that a security token is good more than
// once, for five minutes, and all of its errors are inferred.
package spatium
