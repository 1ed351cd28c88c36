package simulate

import "time"

// ServerOption is something in which a [Server] differs from others. One whose argument
// is zero or less changes nothing.
type ServerOption func(*terms)

// terms are what options make of a server.
type terms struct {
	tokenTTL       time.Duration
	refreshTTL     time.Duration // zero or less: no end
	reusable       bool
	grace          time.Duration
	lenient        bool
	renewalRevokes bool
	rate           float64 // token requests a second; zero or less: no limit
}

// TokenTTL is for how long access tokens live; without it, an hour. Clients are told
// whole seconds, rounded down.
func TokenTTL(d time.Duration) ServerOption {
	return func(t *terms) {
		if d > 0 {
			t.tokenTTL = d
		}
	}
}

// RefreshTTL is for how long a refresh token lives, counted anew for each. Clients are
// told.
func RefreshTTL(d time.Duration) ServerOption { return func(t *terms) { t.refreshTTL = d } }

// Reusable refresh tokens are not spent by a renewal, which then brings no new one.
func Reusable() ServerOption { return func(t *terms) { t.reusable = true } }

// Grace is for how long, since it was first spent, a refresh token is accepted again. Each
// time brings a pair of its own, and all of these are good, as with the
// rotation_grace_period of Hydra.
func Grace(d time.Duration) ServerOption { return func(t *terms) { t.grace = max(d, 0) } }

// Lenient has a renewal with a spent refresh token denied, and nothing else. Without
// this option it also ends the grant with all its tokens, access tokens included: the
// token has leaked, as far as a server can know.
//
// "If a refresh token is compromised and subsequently used by both the attacker and the
// legitimate client, one of them will present an invalidated refresh token, which will
// inform the authorization server of the breach."
// https://www.rfc-editor.org/rfc/rfc6749#section-10.4
func Lenient() ServerOption { return func(t *terms) { t.lenient = true } }

// RenewalRevokes has a renewal revoke the access token that it takes the place of.
// Tokens that were exchanged for that one live on.
func RenewalRevokes() ServerOption { return func(t *terms) { t.renewalRevokes = true } }

// Rate is how many token requests a second are answered. As many as come in one second may
// come at once; those beyond get status 429 and a Retry-After.
func Rate(n float64) ServerOption { return func(t *terms) { t.rate = n } }
