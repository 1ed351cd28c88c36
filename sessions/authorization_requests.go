package sessions

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/holdfast-go/holdfast/actor"
	"github.com/holdfast-go/holdfast/internal/wire"
	"github.com/holdfast-go/holdfast/messages"
)

// authorizationRequests makes the requests of one session at an authorization service.
type authorizationRequests struct {
	kind   *authorization
	client *wire.Client
}

var _ requester = (*authorizationRequests)(nil)

// follow has nothing to go on with: nothing is learned.
func (*authorizationRequests) follow(actor.Endpoint) {}

// Mint asks for a permission token: by proofs, for a new grant, or by a refresh token.
func (r *authorizationRequests) Mint(ctx context.Context, now time.Time, m actor.Mint) (messages.Token, error) {
	req := wire.Request{ID: uuid.NewString(), ClientIP: m.ClientIP, Attempt: m.Attempt}
	switch {
	case len(m.Proofs) > 0:
		req.URL, req.JSON = r.kind.service.issueURL(), r.factors(m.Proofs)
	case m.Refresh != "":
		req.URL = r.kind.service.refreshURL()
		req.JSON = []wire.Member{{Name: "permissionRefreshToken", Text: m.Refresh.Reveal()}}
	default:
		return messages.Token{}, messages.Failure{Verdict: messages.GrantDenied, Reason: "no refresh token", Attempt: m.Attempt}
	}
	return r.client.Permission(ctx, now, req)
}

func (r *authorizationRequests) factors(proofs []messages.Secret) []wire.Member {
	tokens := make([]string, len(proofs))
	for i, proof := range proofs {
		tokens[i] = proof.Reveal()
	}
	return []wire.Member{
		{Name: "tokenId", Text: r.kind.tokenID},
		{Name: "permissions", List: r.kind.permissions},
		{Name: "securityTokens", List: tokens},
	}
}

// RevokeToken is never asked for: the service has nothing to end a token by.
func (*authorizationRequests) RevokeToken(context.Context, time.Time, actor.RevokeToken) error {
	return messages.Failure{Verdict: messages.Hopeless, Reason: "no revocation endpoint"}
}

// Exchange is never asked for: the service exchanges nothing.
func (*authorizationRequests) Exchange(context.Context, time.Time, actor.Exchange) (messages.Token, error) {
	return messages.Token{}, messages.Failure{Verdict: messages.Hopeless, Reason: "no exchange"}
}

func (*authorizationRequests) checkExchange(messages.Exchange) error { return ErrNotSupported }
