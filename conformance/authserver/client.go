package authserver

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/luikyv/go-oidc/pkg/goidc"
)

// An AuthMethod is how a client authenticates at every endpoint. The server
// accepts no other way from that client.
type AuthMethod int

// The ways of authenticating.
const (
	Basic         AuthMethod = iota // client_secret_basic, the secret taken raw
	Post                            // client_secret_post
	None                            // a public client: its client_id is enough
	PrivateKeyJWT                   // private_key_jwt, with Client.Key
)

// A Client is one registered client. It may use every grant and ask for any
// scope.
type Client struct {
	ID     string
	Secret string     // required for Basic and Post
	Auth   AuthMethod // default: Basic

	// Key verifies what the client signs: jwt-bearer assertions with the
	// client's ID as iss, and its own for PrivateKeyJWT.
	// If nil, its assertions are refused.
	Key   crypto.PublicKey
	KeyID string // the kid of its PrivateKeyJWT assertions; empty: they have none

	Lifetime time.Duration // of its access tokens, in whole seconds; default: Config.Lifetime
}

// DefaultClient is the client of a Config that has none: client, with the
// secret secret, by Basic.
func DefaultClient() Client { return Client{ID: "client", Secret: "secret"} }

// Format prints the client's ID and nothing else, whatever the verb.
func (c Client) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "client %s", c.ID) }

func (c Client) check() error {
	if c.ID == "" {
		return errors.New("authserver: a client without an ID")
	}
	if c.Lifetime < 0 || c.Lifetime%time.Second != 0 {
		return fmt.Errorf("authserver: client %q: Lifetime %v is negative or not in whole seconds", c.ID, c.Lifetime)
	}
	missing := ""
	switch c.Auth {
	case Basic, Post:
		if c.Secret == "" {
			missing = "Secret"
		}
	case PrivateKeyJWT:
		if c.Key == nil {
			missing = "Key"
		}
	case None:
	default:
		missing = "known Auth"
	}
	if missing != "" {
		return fmt.Errorf("authserver: client %q has no %s", c.ID, missing)
	}
	return nil
}

func (m AuthMethod) registered() goidc.AuthnMethod {
	switch m {
	case Basic:
		return goidc.AuthnMethodSecretBasic
	case Post:
		return goidc.AuthnMethodSecretPost
	case None:
		return goidc.AuthnMethodNone
	case PrivateKeyJWT:
		return goidc.AuthnMethodPrivateKeyJWT
	}
	panic("BUG: unknown AuthMethod")
}

// registered is c as go-oidc keeps it.
func (c Client) registered() *goidc.Client {
	return &goidc.Client{ID: c.ID, Secret: c.Secret, ClientMeta: goidc.ClientMeta{
		GrantTypes: []goidc.GrantType{
			goidc.GrantClientCredentials, goidc.GrantRefreshToken, goidc.GrantTokenExchange, goidc.GrantJWTBearer,
		},
		ScopeIDs:         anyScope.ID,
		TokenAuthnMethod: c.Auth.registered(),
		JWKS:             c.keys(),
	}}
}

// keys lists the client's key once for each algorithm that it can be used with:
// go-oidc looks for the kid if the assertion has one, else for the algorithm.
func (c Client) keys() *goidc.JSONWebKeySet {
	var set goidc.JSONWebKeySet
	for _, alg := range algorithms(c.Key) {
		set.Keys = append(set.Keys, goidc.JSONWebKey{Key: c.Key, KeyID: c.KeyID, Use: "sig", Algorithm: string(alg)})
	}
	return &set
}

func algorithms(key crypto.PublicKey) []goidc.SignatureAlgorithm {
	switch key.(type) {
	case *rsa.PublicKey:
		return []goidc.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512}
	case *ecdsa.PublicKey:
		return []goidc.SignatureAlgorithm{jose.ES256, jose.ES384, jose.ES512}
	default:
		return nil
	}
}
