package sessions

import (
	"crypto"
	"strings"
	"time"
)

// Box returns the endpoint of Box's API at baseURL, "https://api.box.com" for all
// who have no other: credentials in the form, subjects by box_subject_type ("user"
// or "enterprise") and box_subject_id, and a renewal that kills the old access token.
func Box(baseURL, clientID, secret string) Endpoint {
	baseURL = strings.TrimSuffix(baseURL, "/")
	return Endpoint{
		TokenURL:       baseURL + "/oauth2/token",
		RevokeURL:      baseURL + "/oauth2/revoke",
		ClientID:       clientID,
		Auth:           Post(secret),
		SubjectFields:  [2]string{"box_subject_type", "box_subject_id"},
		RenewalRevokes: true,
	}
}

// BoxAssertion returns the assertion of Box's server authentication for a subject.
// Its audience is the same whatever the API's base URL.
func BoxAssertion(clientID, keyID string, s Subject, key crypto.Signer) Assertion {
	return Assertion{
		Issuer:    clientID,
		Subject:   s.ID,
		Audience:  "https://api.box.com/oauth2/token",
		KeyID:     keyID,
		Algorithm: "RS256",
		Key:       key,
		Lifetime:  30 * time.Second,
		Claims:    map[string]any{"box_sub_type": s.Type},
	}
}
