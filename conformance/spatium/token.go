package spatium

import (
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const issuer = "authorization-service"

// What a token is for is its claim magic.
const (
	magicFactor     = "securityTokenSchema"
	magicPermission = "permissionTokenSchema"
	magicRefresh    = "permissionRefreshTokenSchema"
)

// claims is what a token says. A refresh token has all that a new permission token is
// made of.
type claims struct {
	jwt.Claims
	Magic       string   `json:"magic"`
	Account     string   `json:"accountId"`
	Merchant    string   `json:"merchantId"`
	TokenID     string   `json:"tokenId,omitempty"`
	Permissions []string `json:"permissions,omitempty"`
}

// token is one that has been signed.
type token struct {
	text, id string
	expiry   time.Time
}

// sign makes a token that is good for life.
func (s *Service) sign(c claims, life time.Duration) (token, error) {
	now := s.config.Now()
	c.ID = rand.Text()
	c.Issuer = issuer
	c.Merchant = "merchant"
	c.IssuedAt, c.Expiry = jwt.NewNumericDate(now), jwt.NewNumericDate(now.Add(life))
	text, err := jwt.Signed(s.signer).Claims(c).Serialize()
	return token{text: text, id: c.ID, expiry: c.Expiry.Time()}, err
}

// Why Verify refuses a token.
var (
	ErrUnknown = errors.New("spatium: not a permission token of this service")
	ErrExpired = errors.New("spatium: the permission token has expired")
)

// read returns what one of our own tokens says, unless it is over or for another
// purpose.
func (s *Service) read(text, magic string) (claims, error) {
	parsed, err := jwt.ParseSigned(text, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return claims{}, ErrUnknown
	}
	var c claims
	if err := parsed.Claims(s.key.Public(), &c); err != nil || c.Magic != magic {
		return claims{}, ErrUnknown
	}
	if !s.config.Now().Before(c.Expiry.Time()) {
		return claims{}, ErrExpired
	}
	return c, nil
}

// Permission is what a permission token says.
type Permission struct {
	Account     string
	Permissions []string
	Expiry      time.Time
}

// Verify judges a permission token as one of Spatium's other services does. The error
// is ErrUnknown or ErrExpired.
func (s *Service) Verify(permissionToken string) (Permission, error) {
	c, err := s.read(permissionToken, magicPermission)
	if err != nil {
		return Permission{}, err
	}
	return Permission{Account: c.Account, Permissions: slices.Clone(c.Permissions), Expiry: c.Expiry.Time()}, nil
}
