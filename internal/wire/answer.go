package wire

import (
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// longestToken is the most that an access token or a refresh token may have.
const longestToken = 32 << 10

// readToken reads a token out of an answer to a request that was sent at sent.
// anyType: it may be no access token that goes into a header.
func readToken(o object, sent time.Time, anyType bool) (messages.Token, flaw) {
	access, bad := readAccess(o, "access_token")
	if bad != "" {
		return messages.Token{}, bad
	}
	refresh, bad := readRefresh(o, "refresh_token")
	if bad != "" {
		return messages.Token{}, bad
	}
	kind, bad := readType(o, anyType)
	if bad != "" {
		return messages.Token{}, bad
	}
	expiry, bad := readExpiry(o, sent)
	if bad != "" {
		return messages.Token{}, bad
	}
	return messages.Token{
		Access:        access,
		Refresh:       refresh,
		Type:          kind,
		Issued:        sent,
		Expiry:        expiry,
		RefreshExpiry: readRefreshExpiry(o, sent),
		Scopes:        readScopes(o),
		Extra:         readExtra(o),
	}, ""
}

func readAccess(o object, name string) (messages.Secret, flaw) {
	if o[name] == nil {
		return "", flaw("answer has no " + name)
	}
	access, ok := o[name].(string)
	switch {
	case !ok:
		return "", flaw(name + " is not a string")
	case access == "":
		return "", flaw(name + " is empty")
	case len(access) > longestToken:
		return "", flaw(name + " is too large")
	case strings.ContainsFunc(access, notInToken):
		return "", flaw(name + " has a character that no header may have")
	}
	return messages.Secret(access), ""
}

// notInToken keeps CR, LF and NUL out of the Authorization headers of our users,
// and spaces and what is not ASCII, which no token has (RFC 6750, section 2.1).
func notInToken(r rune) bool { return r <= ' ' || r > '~' }

// readRefresh takes an empty refresh token for none, as RFC 6749 has no such thing
// and some servers send one to say "keep yours".
func readRefresh(o object, name string) (messages.Secret, flaw) {
	if o[name] == nil {
		return "", ""
	}
	refresh, ok := o[name].(string)
	switch {
	case !ok:
		return "", flaw(name + " is not a string")
	case len(refresh) > longestToken:
		return "", flaw(name + " is too large")
	}
	return messages.Secret(refresh), ""
}

func readType(o object, anyType bool) (string, flaw) {
	if o["token_type"] == nil {
		return "Bearer", ""
	}
	kind, ok := o["token_type"].(string)
	switch {
	case !ok:
		return "", "token_type is not a string"
	case kind == "":
		return "Bearer", ""
	case strings.EqualFold(kind, "Bearer"):
		return kind, ""
	case anyType && strings.EqualFold(kind, "N_A"):
		// "If the issued token is not an access token or usable as an access token,
		// then the token_type value N_A is used [...]"
		// https://www.rfc-editor.org/rfc/rfc8693#section-2.2.1
		return kind, ""
	}
	// "The client MUST NOT use an access token if it does not understand the
	// token type."
	// https://www.rfc-editor.org/rfc/rfc6749#section-7.1
	return "", "token_type is not known"
}

// readExpiry returns the zero Time if the answer says nothing about it.
func readExpiry(o object, sent time.Time) (time.Time, flaw) {
	if o["expires_in"] == nil {
		return time.Time{}, ""
	}
	lifetime, ok := seconds(o["expires_in"])
	if !ok {
		return time.Time{}, "expires_in is not a number"
	}
	return sent.Add(lifetime), ""
}

// readRefreshExpiry knows two names for what no RFC names. Keycloak says zero for
// an offline token, which has no end.
func readRefreshExpiry(o object, sent time.Time) time.Time {
	for _, name := range []string{"refresh_token_expires_in", "refresh_expires_in"} {
		if lifetime, ok := seconds(o[name]); ok && lifetime > 0 {
			return sent.Add(lifetime)
		}
	}
	return time.Time{}
}

// readScopes returns nil if the answer does not say. Some servers send an array
// where the RFC has a string.
func readScopes(o object) []string {
	switch scope := o["scope"].(type) {
	case string:
		return strings.Fields(scope)
	case []any:
		scopes := make([]string, 0, len(scope))
		for _, s := range scope {
			if text, ok := s.(string); ok {
				scopes = append(scopes, text)
			}
		}
		return scopes
	}
	return nil
}

// readExtra returns the text members that have no place of their own.
func readExtra(o object) map[string]string {
	var extra map[string]string
	for name, value := range o {
		text, ok := value.(string)
		if !ok || hasPlace(name) {
			continue
		}
		if extra == nil {
			extra = map[string]string{}
		}
		extra[name] = text
	}
	return extra
}

func hasPlace(name string) bool {
	switch name {
	case "access_token", "refresh_token", "token_type", "expires_in", "scope",
		"refresh_token_expires_in", "refresh_expires_in", "error":
		return true
	}
	return false
}
