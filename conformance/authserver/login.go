package authserver

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/luikyv/go-oidc/pkg/goidc"
)

// A Pair is what a finished login leaves with a client.
type Pair struct {
	Access, Refresh string
	Issued          time.Time
	Expiry          time.Time // of Access
	RefreshExpiry   time.Time
	GrantID         string // the family; as in Claims and Counts
}

// Format prints the pair without its tokens, whatever the verb.
func (p Pair) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "pair of grant %s until %s", p.GrantID, p.Expiry.Format(time.RFC3339))
}

// Login begins a family, as if subject had just consented to what client asked
// for. It fails if there is no such client.
func (s *Server) Login(client, subject string, scopes ...string) (Pair, error) {
	if _, ok := s.clients[client]; !ok {
		return Pair{}, fmt.Errorf("authserver: log in at client %q: there is none", client)
	}
	now := s.now()
	refresh := rand.Text()
	access, err := s.op.MakeToken(context.Background(), &goidc.Grant{
		Subject: subject, ClientID: client, Scopes: strings.Join(scopes, " "), RefreshToken: refresh,
	})
	if err != nil {
		return Pair{}, fmt.Errorf("authserver: log in at client %q: %w", client, err)
	}
	claims, err := s.Verify(access)
	return Pair{
		Access: access, Refresh: refresh, Issued: now, Expiry: claims.Expiry,
		RefreshExpiry: now.Add(s.cfg.refreshLifetime()), GrantID: claims.GrantID,
	}, err
}
