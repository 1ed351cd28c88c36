package sessions

import (
	"cmp"
	"fmt"
	"io"
	"time"

	"github.com/holdfast-go/holdfast/internal/wire"
)

// PrivateKeyJWT authenticates the client by an assertion that it signs (RFC 7523,
// section 2.2), fresh for each request. An empty Issuer or Subject is the ClientID, an
// empty Audience the token endpoint, at the revocation endpoint too.
//
// client_id is sent as well, since some servers look for the client before they
// read the assertion, but not where a Subject of its own is given.
func PrivateKeyJWT(a Assertion) ClientAuth { return &privateKeyJWT{assertion: &a} }

// privateKeyJWT keeps its key as jwtBearer does.
type privateKeyJWT struct{ assertion *Assertion }

var _ signing = (*privateKeyJWT)(nil)

func (*privateKeyJWT) signs() {}

// check leaves to Endpoint what comes from there.
func (p *privateKeyJWT) check() error {
	_, err := p.signer(Endpoint{ClientID: "checked by Endpoint"})
	return err
}

func (p *privateKeyJWT) signer(e Endpoint) (*signer, error) {
	a := p.assertion.withDefaults(e, time.Minute)
	a.Issuer = cmp.Or(a.Issuer, e.ClientID)
	a.Subject = cmp.Or(a.Subject, e.ClientID)
	return newSigner(a)
}

func (p *privateKeyJWT) credentials(now time.Time, e Endpoint) (wire.Credentials, error) {
	s, err := p.signer(e)
	if err != nil {
		return wire.Credentials{}, errUnsigned
	}
	assertion, err := s.sign(now)
	if err != nil {
		return wire.Credentials{}, err
	}
	return wire.Credentials{Fields: []wire.Field{
		{Name: "client_id", Value: p.clientID(e)},
		{Name: "client_assertion_type", Value: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		{Name: "client_assertion", Value: assertion},
	}}, nil
}

// clientID is empty where it would contradict the assertion.
//
//	"The "client_id" is unnecessary for client assertion authentication because the
//	client is identified by the subject within the assertion. If present, the value of
//	the "client_id" parameter MUST identify the same client as is identified by
//	the client assertion."
//	https://www.rfc-editor.org/rfc/rfc7521#section-4.2
func (p *privateKeyJWT) clientID(e Endpoint) string {
	if cmp.Or(p.assertion.Subject, e.ClientID) != e.ClientID {
		return ""
	}
	return e.ClientID
}

// Format names the way, whatever the verb.
func (*privateKeyJWT) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "PrivateKeyJWT") }
