package sessions

import (
	"time"

	"github.com/holdfast-go/holdfast/actor"
	"github.com/holdfast-go/holdfast/internal/wire"
)

// JWTBearer gets its tokens for signed assertions (RFC 7523, section 2.1). Its
// sessions need no human, and each renewal is a new grant with a fresh assertion,
// retries included.
//
// When the server denies an assertion and its Date shows that our clock is wrong, by a
// day at most, the next attempt goes by the server's clock, and so do later ones if it
// was granted. If not, the denial is ErrUnavailable and the server is left alone
// for the longest cool-down. The same holds for the assertions of PrivateKeyJWT.
func JWTBearer(e Endpoint, a Assertion) Kind { return once(&jwtBearer{"JWTBearer", &e, &a}) }

// jwtBearer keeps both behind pointers: package fmt asks nothing in an unexported
// field how it wants to be printed, but it follows one pointer only.
type jwtBearer struct {
	kindName
	endpoint  *Endpoint
	assertion *Assertion
}

func (k *jwtBearer) plan() (*plan, error) {
	if err := k.endpoint.check(); err != nil {
		return nil, err
	}
	s, err := newSigner(k.assertion.withDefaults(*k.endpoint, 30*time.Second))
	if err != nil {
		return nil, err
	}
	rules := actor.Rules{Exchanging: actor.ByRequest}
	return newPlan("jwt_bearer", *k.endpoint, rules, grant{sign: s.grant}, s.identity()...), nil
}

// grant returns the fields of a grant that is an assertion.
func (s *signer) grant(now time.Time) ([]wire.Field, error) {
	assertion, err := s.sign(now)
	if err != nil {
		return nil, err
	}
	return []wire.Field{
		{Name: "grant_type", Value: "urn:ietf:params:oauth:grant-type:jwt-bearer"},
		{Name: "assertion", Value: assertion},
	}, nil
}
