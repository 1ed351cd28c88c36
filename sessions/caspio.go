package sessions

// Caspio returns the endpoint of a Caspio account: raw Basic credentials, no
// revocation.
func Caspio(tokenURL, clientID, secret string) Endpoint {
	return Endpoint{TokenURL: tokenURL, ClientID: clientID, Auth: Basic(secret)}
}
