package sessions

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/holdfast-go/holdfast/actor"
	"github.com/holdfast-go/holdfast/messages"
)

// Session is a handle of one session; a Manager makes them. Handles of one key are alike; they are safe
// for concurrent use and stay good until the Manager is closed or the session
// forgotten.
type Session struct{ live *actor.Session }

// Key returns the key of the session.
func (s *Session) Key() string { return s.live.Key() }

// String returns the key.
func (s *Session) String() string { return s.live.Key() }

// Format writes the key, whatever the verb. It is a method of the value, since
// package fmt would show what a copied handle points to.
func (s Session) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.live.Key()) }

// AccessToken returns a valid access token. With one at hand it costs an atomic
// load; ctx is not looked at then.
//
// The error is the cause of ctx, ErrUnavailable, ErrOverloaded, ErrLoginRequired,
// ErrNotEstablished, ErrRevoked, ErrOutcomeUnknown, ErrInvalid (an option, or a record
// in the store that is another session's) or ErrClosed.
func (s *Session) AccessToken(ctx context.Context, opts ...Option) (string, error) {
	if len(opts) == 0 {
		if snap := s.live.Calm(); snap != nil {
			return snap.Access(), nil
		}
	}
	t, err := s.token(ctx, opts)
	return t.Access.Reveal(), err
}

// Token returns a valid access token with what came along with it. Its errors are
// those of AccessToken. The caller must not change its slice and its map.
func (s *Session) Token(ctx context.Context, opts ...Option) (messages.Token, error) {
	t, err := s.token(ctx, opts)
	return *t, err
}

// Authorize sets the Authorization header of req to a valid access token, under
// the context of req, whatever host it is for: Client looks. Its errors are those of
// AccessToken, and then req is as it was.
func (s *Session) Authorize(req *http.Request, opts ...Option) error {
	if len(opts) == 0 {
		if snap := s.live.Calm(); snap != nil {
			setAuthorization(req, snap.Header())
			return nil
		}
	}
	t, err := s.token(req.Context(), opts)
	if err != nil {
		return err
	}
	setAuthorization(req, actor.Header(*t))
	return nil
}

func setAuthorization(req *http.Request, value string) {
	if req.Header == nil {
		req.Header = make(http.Header)
	}
	req.Header["Authorization"] = []string{value} // as Set does, which looks at the name first
}

// token returns the token at hand, or asks the session. Where there is an error the
// token is a zero one, and never nil. It is shared: a copy of it on its way through the
// callers of a herd made each grow his stack.
func (s *Session) token(ctx context.Context, opts []Option) (*messages.Token, error) {
	c, err := options(opts)
	if err != nil {
		return &messages.Token{}, s.wrap(err)
	}
	if snap := s.live.Live(c.min); snap != nil {
		return snap.Token(), nil
	}
	r := s.live.Ask(ctx, messages.Get{MinValidity: c.min, ClientIP: c.ip})
	return &r.Token, s.wrap(r.Err)
}

// Refresh returns when there is a newer token than the one held at the call. It
// joins a renewal that is under way. Its errors are those of AccessToken; if the
// renewal fails while the old token is valid, that is still given out.
func (s *Session) Refresh(ctx context.Context, opts ...Option) error {
	c, err := options(opts)
	if err != nil {
		return s.wrap(err)
	}
	r := s.live.Ask(ctx, messages.Refresh{MinValidity: c.min, ClientIP: c.ip})
	return s.wrap(r.Err)
}

// Exchange returns a token of less power, or for somebody else, that the server
// gives in exchange for the session's access token (RFC 8693). It is not the
// session's token, never lives longer than that, and is kept for the next who
// asks for the same: callers who ask at once share a request. Of a refresh
// token in the answer nothing is kept. A token of the type N_A is no access token
// that goes into a header.
//
// An Anonymous session returns its own token, without a request. Kinds that cannot
// exchange answer ErrNotSupported. The other errors are those of AccessToken;
// ErrInvalid also says that the server refuses this exchange. A failed exchange
// never ends the session.
func (s *Session) Exchange(ctx context.Context, x messages.Exchange, opts ...Option) (messages.Token, error) {
	c, err := addressOnly(opts)
	if err != nil {
		return messages.Token{}, s.wrap(err)
	}
	if err := s.live.Endpoint().(requester).checkExchange(x); err != nil {
		return messages.Token{}, s.wrap(err)
	}
	if c.ip.IsValid() {
		x.ClientIP = c.ip
	}
	r := s.live.Ask(ctx, ownExchange(x))
	return r.Token, s.wrap(r.Err)
}

// Establish begins a new grant by proofs of who somebody is: for an Authorization
// session security tokens of the service's factors, which are sent as they are. It
// waits for a renewal that is under way. What the session had is given out until the
// new grant is there, and stays if none comes. Each Establish is a grant of its own,
// and with it the service ends the older refresh token of this tokenID, which it may have done
// too where its answer was lost. Sessions side by side are told apart by their tokenIDs.
//
// It returns nil when the new token is saved, or is given out unsaved because the store
// did not take it. The error is the cause of ctx, ErrLoginRequired (the proofs are refused),
// ErrUnavailable or ErrOverloaded (try again, with new proofs where they are good once
// only), ErrRevoked (by a Revoke meanwhile), ErrInvalid (no proof or an empty one, or a
// record in the store that is another session's), ErrNotSupported (another kind) or
// ErrClosed.
func (s *Session) Establish(ctx context.Context, proof ...string) error {
	if !s.live.TakesProofs() {
		return s.wrap(ErrNotSupported)
	}
	if len(proof) == 0 {
		return s.wrap(messages.Invalid("proof", "is missing"))
	}
	proofs := make([]messages.Secret, len(proof))
	for i, p := range proof {
		if p == "" || !utf8.ValidString(p) {
			return s.wrap(messages.Invalid("proof", "is empty or not UTF-8"))
		}
		proofs[i] = messages.Secret(p)
	}
	return s.wrap(s.live.Ask(ctx, messages.Establish{Proofs: proofs}).Err)
}

// Revoke has the server end the session's tokens. From its beginning nobody is
// given one any more. It returns nil only when the server has confirmed; with an
// error the session is revoked all the same, and another Revoke, here, in another
// process or after a restart, goes on where this one ended.
//
// A Persistent session stays revoked: ErrRevoked. The other kinds that have a
// revocation endpoint get a new token with the next ask. Without an Endpoint.RevokeURL
// the error is ErrNotSupported and nothing happens.
//
// The service of an Authorization session has no revocation endpoint. Its tokens are
// forgotten, here and in the store, and the session is revoked, until it is established
// again; the error is ErrNotSupported all the same, since the server has confirmed nothing.
func (s *Session) Revoke(ctx context.Context, opts ...Option) error {
	c, err := addressOnly(opts)
	if err != nil {
		return s.wrap(err)
	}
	return s.wrap(s.live.Ask(ctx, messages.Revoke{ClientIP: c.ip}).Err)
}

// Reject says that a resource server refused this access token. If it is the one
// held, it is not given out any more once Reject has returned nil, and the next ask renews. If
// it is not, nothing happens to what is. What was exchanged for the token goes with it in
// either case. cause is told to subscribers and must not quote the token; nil: nothing.
//
// A second token that is rejected within Config.ForceInterval stays, and the error is
// ErrUnavailable: a resource server cannot have the authorization server
// asked for a token with every call.
func (s *Session) Reject(ctx context.Context, accessToken string, cause error, opts ...Option) error {
	if accessToken == "" {
		return s.wrap(messages.Invalid("accessToken", "is empty"))
	}
	if _, err := addressOnly(opts); err != nil {
		return s.wrap(err)
	}
	return s.wrap(s.live.Ask(ctx, messages.Reject{Token: messages.Secret(accessToken), Cause: cause}).Err)
}

// Status returns what the session looks like now. It asks nobody.
func (s *Session) Status() Status { return status(s.live) }

// servedUntil returns when the session stops giving out a token.
func (s *Session) servedUntil(t messages.Token) time.Time { return s.live.ServedUntil(t) }

func (s *Session) wrap(err error) error {
	if err == nil {
		return nil
	}
	return &sessionError{key: s.Key(), err: err}
}
