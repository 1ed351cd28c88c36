package wire

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// Permission asks a permission service, such as Spatium's, for a permission token. Its answer is an
// envelope
//
//	{"requestId": …, "data": {
//	  "permissionToken":        {"permissionToken": …,        "issuer": …, "expiresAt": …},
//	  "permissionRefreshToken": {"permissionRefreshToken": …, "issuer": …, "expiresAt": …}}}
//
// with moments in seconds since 1970 by the service's clock. What lives how long is
// therefore told by the Date of the answer, and counted from now, when the request is
// sent; without a Date the service's clock is taken for ours. Of the members only the
// permission token itself is required. The error is nil or a messages.Failure.
func (c *Client) Permission(ctx context.Context, now time.Time, r Request) (messages.Token, error) {
	got, err := c.post(ctx, r)
	if err != nil {
		return messages.Token{}, err
	}
	if got.strange(r) {
		return messages.Token{}, messages.Failure{
			Verdict: messages.Doubtful,
			Reason:  "answer is for another request",
			Status:  got.status,
			Attempt: r.Attempt,
		}
	}
	why := got.flaw
	if why == "" && isSuccess(got.status) && codeOf(r, got.members) == "" {
		var token messages.Token
		if token, why = readPermission(got, now); why == "" {
			return token, nil
		}
	}
	f := got.failure(now, r, why)
	if got.refuses(r, f.Code) {
		f.Verdict = messages.GrantDenied
	}
	return messages.Token{}, f
}

// strange reports whether the answer says that it is for another request than r.
func (r reply) strange(to Request) bool { return r.members["requestId"] != nil && !r.envelope(to) }

// envelope reports whether the answer is the service's own, to this request. A
// proxy in between does not know how to make one.
func (r reply) envelope(to Request) bool {
	id, ok := r.members["requestId"].(string)
	return ok && to.ID != "" && strings.EqualFold(id, to.ID)
}

// refuses reports whether the service itself says no, to the proofs or to the refresh
// token: nothing else is there that it could refuse. The words that it has for it are not
// known, so of the codes only those of OAuth say otherwise.
func (r reply) refuses(to Request, code string) bool {
	if r.status != http.StatusUnauthorized && r.status != http.StatusForbidden || !r.envelope(to) {
		return false
	}
	switch classify(code) {
	case none, denied, unknown:
		return true
	case hopeless, passing:
	}
	return false
}

// readPermission reads the envelope of an answer to a request that was sent at sent.
func readPermission(r reply, sent time.Time) (messages.Token, flaw) {
	data, noData := r.members.inside("data")
	permission, noPermission := data.inside("permissionToken")
	renewal, noRenewal := data.inside("permissionRefreshToken")
	access, noAccess := readAccess(permission, "permissionToken")
	refresh, noRefresh := readRefresh(renewal, "permissionRefreshToken")
	life, noLife := r.lifeOf(permission, sent)
	if bad := cmp.Or(noData, noPermission, noRenewal, noAccess, noRefresh, noLife); bad != "" {
		return messages.Token{}, bad
	}
	token := messages.Token{Access: access, Refresh: refresh, Type: "Bearer", Issued: sent}
	if permission["expiresAt"] != nil {
		token.Expiry = sent.Add(life)
	}
	// A refresh token that is over already is a misunderstanding, as is no number: the
	// service will say when it is over.
	if life, bad := r.lifeOf(renewal, sent); bad == "" && life > 0 {
		token.RefreshExpiry = sent.Add(life)
	}
	if issuer, ok := permission["issuer"].(string); ok {
		token.Extra = map[string]string{"issuer": issuer}
	}
	return token, ""
}

// lifeOf returns how long a token lives that was asked for at sent; zero, and no flaw:
// the answer does not say.
func (r reply) lifeOf(token object, sent time.Time) (time.Duration, flaw) {
	if token["expiresAt"] == nil {
		return 0, ""
	}
	at, ok := unixTime(token["expiresAt"])
	if !ok {
		return 0, "expiresAt is not a number"
	}
	if date, err := http.ParseTime(r.header.Get("Date")); err == nil {
		sent = date
	}
	return min(max(at.Sub(sent), 0), longest), ""
}
