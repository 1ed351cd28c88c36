package messages

import (
	"encoding/json"
	"errors"
	"time"
)

// tokenInfo is how Box's software development kits write a token down.
type tokenInfo struct {
	AccessToken      string `json:"accessToken"`
	RefreshToken     string `json:"refreshToken,omitempty"`
	AccessTokenTTLMS int64  `json:"accessTokenTTLMS"`
	AcquiredAtMS     int64  `json:"acquiredAtMS"`
}

const (
	// longestTTLMS is a century, well within what time.Duration can count.
	longestTTLMS = int64(100 * 365 * 24 * time.Hour / time.Millisecond)

	// latestMS is a century before the year 10000, which JSON and RFC 3339 cannot
	// write: the Expiry has to be written too.
	latestMS = 253_402_300_800_000 - longestTTLMS - 1
)

// ParseTokenInfo reads a token in Box's TokenInfo form,
//
//	{"accessToken":"…","refreshToken":"…","accessTokenTTLMS":3600000,"acquiredAtMS":1767268800000}
//
// as their software development kits keep it in a token store. accessToken,
// accessTokenTTLMS and acquiredAtMS are required, times are in milliseconds. A life
// of more than a century is refused, and so is a year of more than four digits. The
// error wraps [ErrInvalid], names the field and quotes nothing of the input.
func ParseTokenInfo(b []byte) (Token, error) {
	var info tokenInfo
	if err := json.Unmarshal(b, &info); err != nil {
		return Token{}, invalidTokenInfo(err)
	}
	switch {
	case info.AccessToken == "":
		return Token{}, Invalid("accessToken", "is missing")
	case info.AccessTokenTTLMS <= 0:
		return Token{}, Invalid("accessTokenTTLMS", "must be positive")
	case info.AccessTokenTTLMS > longestTTLMS:
		return Token{}, Invalid("accessTokenTTLMS", "is too large")
	case info.AcquiredAtMS <= 0:
		return Token{}, Invalid("acquiredAtMS", "must be positive")
	case info.AcquiredAtMS > latestMS:
		return Token{}, Invalid("acquiredAtMS", "is too large")
	}
	issued := time.UnixMilli(info.AcquiredAtMS)
	return Token{
		Access:  Secret(info.AccessToken),
		Refresh: Secret(info.RefreshToken),
		Type:    "Bearer",
		Issued:  issued,
		Expiry:  issued.Add(time.Duration(info.AccessTokenTTLMS) * time.Millisecond),
	}, nil
}

// invalidTokenInfo keeps what encoding/json says about the place, not about the
// text: the text holds tokens.
func invalidTokenInfo(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		return Invalid(wrong.Field, "must be a "+wrong.Type.String())
	}
	return Invalid("TokenInfo", "is not a JSON object")
}

// TokenInfo writes the token in Box's TokenInfo form, secrets included. What
// that form has no place for (Type, Scopes, RefreshExpiry, Extra, fractions of
// a millisecond) is left out.
func (t Token) TokenInfo() []byte {
	b, err := json.Marshal(tokenInfo{
		AccessToken:      t.Access.Reveal(),
		RefreshToken:     t.Refresh.Reveal(),
		AccessTokenTTLMS: t.Lifetime().Milliseconds(),
		AcquiredAtMS:     t.Issued.UnixMilli(),
	})
	if err != nil {
		panic("BUG: a TokenInfo cannot be encoded: " + err.Error())
	}
	return b
}
