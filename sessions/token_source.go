package sessions

import (
	"context"

	"golang.org/x/oauth2"
)

// TokenSource returns a source for code that takes one of golang.org/x/oauth2. Its
// Token waits under ctx, and its errors are those of AccessToken. Each Token is asked of the session, so do not wrap it in
// a ReuseTokenSource; whoever does all the same gets a token whose Expiry is the
// moment until which the session itself would give it out, and without the
// refresh token.
func (s *Session) TokenSource(ctx context.Context) oauth2.TokenSource {
	return tokenSource{session: s, ctx: ctx}
}

// tokenSource keeps a context because the interface that it serves has no place
// for one.
type tokenSource struct {
	session *Session
	ctx     context.Context
}

// Token implements oauth2.TokenSource.
func (t tokenSource) Token() (*oauth2.Token, error) {
	tok, err := t.session.Token(t.ctx)
	if err != nil {
		return nil, err
	}
	return &oauth2.Token{
		AccessToken: tok.Access.Reveal(),
		TokenType:   tok.Type,
		Expiry:      t.session.servedUntil(tok),
	}, nil
}
