package sessions

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/holdfast-go/holdfast/messages"
)

// What the Lifetime of an Assertion can be. It is used once and at once, so it has
// to outlive the way to the server and what the clocks differ by, and no more: go-oidc
// refuses client assertions of more than ten minutes, Box those of more than one.
const (
	shortestAssertion = time.Second
	longestAssertion  = 10 * time.Minute
)

// signer makes the assertions of one Assertion.
type signer struct {
	jose     jose.Signer
	lifetime time.Duration
	claims   map[string]json.RawMessage // all but jti, iat and exp
}

// newSigner checks an Assertion that is otherwise complete. The error is ErrInvalid,
// naming the field.
func newSigner(a Assertion) (*signer, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	header := (&jose.SignerOptions{}).WithType("JWT")
	if a.KeyID != "" {
		header.WithHeader("kid", a.KeyID)
	}
	key := jose.SigningKey{Algorithm: jose.SignatureAlgorithm(a.Algorithm), Key: &opaqueKey{a.Key}}
	j, err := jose.NewSigner(key, header)
	if err != nil {
		return nil, messages.Invalid("Assertion.Key", "is refused")
	}
	claims, err := a.encode()
	if err != nil {
		return nil, err
	}
	return &signer{jose: j, lifetime: a.Lifetime, claims: claims}, nil
}

func (a Assertion) check() error {
	switch {
	case a.Issuer == "":
		return messages.Invalid("Assertion.Issuer", "is empty")
	case a.Subject == "":
		return messages.Invalid("Assertion.Subject", "is empty")
	case a.Lifetime < 0:
		return messages.Invalid("Assertion.Lifetime", "is negative")
	case a.Lifetime < shortestAssertion:
		return messages.Invalid("Assertion.Lifetime", "is under 1 s")
	case a.Lifetime > longestAssertion:
		return messages.Invalid("Assertion.Lifetime", "is over 10 min")
	}
	return checkKey(a.Key, a.Algorithm)
}

// registered are the claims of RFC 7519, section 4.1.
var registered = []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti"}

// encode returns the claims as they will be sent, so that nothing can go wrong with
// them later.
func (a Assertion) encode() (map[string]json.RawMessage, error) {
	all := maps.Clone(a.Claims)
	if all == nil {
		all = map[string]any{}
	}
	for _, name := range registered {
		if _, ok := all[name]; ok {
			return nil, messages.Invalid("Assertion.Claims", "has "+name+", which is not its own")
		}
	}
	all["iss"], all["sub"], all["aud"] = a.Issuer, a.Subject, a.Audience
	claims := make(map[string]json.RawMessage, len(all))
	for name, value := range all {
		b, err := json.Marshal(value)
		if err != nil {
			return nil, messages.Invalid("Assertion.Claims", "has a value that is no JSON")
		}
		claims[name] = b
	}
	return claims, nil
}

// sign returns a fresh assertion. The error is a messages.Failure: a key that is in a
// KMS may be out of reach for a while.
func (s *signer) sign(now time.Time) (string, error) {
	claims := maps.Clone(s.claims)
	claims["jti"] = marshal(rand.Text()) // 130 bits
	claims["iat"] = marshal(now.Unix())
	claims["exp"] = marshal(now.Add(s.lifetime).Unix())
	signed, err := s.jose.Sign(marshal(claims))
	if err != nil {
		return "", errUnsigned
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		return "", errUnsigned
	}
	return text, nil
}

// errUnsigned quotes nothing: what a key's own error says, nobody knows.
var errUnsigned = messages.Failure{Verdict: messages.Transient, Reason: "the assertion could not be signed"}

// identity is what tells assertions apart: issuer, subject, audience and the extra
// claims, in one order. The key and its ID are not, as a client's secret is not: a
// stored session goes on when they are replaced.
func (s *signer) identity() []string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(s.claims)) {
		parts = append(parts, name, string(s.claims[name]))
	}
	return parts
}

// withDefaults fills in what an endpoint and a use of assertions say.
func (a Assertion) withDefaults(e Endpoint, lifetime time.Duration) Assertion {
	a.Audience = cmp.Or(a.Audience, e.TokenURL)
	a.Lifetime = cmp.Or(a.Lifetime, lifetime)
	return a
}

func marshal(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic("BUG: what has been encoded cannot be encoded: " + err.Error())
	}
	return b
}
