package simulate_test

import (
	"context"
	"os"
	"time"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

// purse is what is tested: it keeps the token of its session, so as not to ask each time.
type purse struct {
	session *sessions.Session
	token   messages.Token
}

func openPurse(m *sessions.Manager, kind sessions.Kind) (*purse, error) {
	session, err := m.Session("alice", kind)
	return &purse{session: session}, err
}

func (p *purse) Pay(ctx context.Context) (err error) {
	if !time.Now().Before(p.token.Expiry) {
		p.token, err = p.session.Token(ctx)
	}
	return err // if there is none, a payment is sent with the token
}

func (p *purse) Disconnect(ctx context.Context) error {
	if os.Getenv("PLANTED") == "" { // the planted bug: it is forgotten further down only
		p.token = messages.Token{}
	}
	if err := p.session.Revoke(ctx); err != nil {
		return err
	}
	p.token = messages.Token{}
	return nil
}
