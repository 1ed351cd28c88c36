package sessions

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/holdfast-go/holdfast/actor"
	"github.com/holdfast-go/holdfast/internal/wire"
	"github.com/holdfast-go/holdfast/messages"
)

// AuthorizationService is a service, such as Spatium's, that issues permission tokens
// for the factors by which somebody has proved who he is, and renews them. What is wrong with it
// is ErrInvalid, naming the field, when a session is made.
type AuthorizationService struct {
	// BaseURL is what the paths are appended to: https, or http to a loopback
	// address. It is required and has no query.
	BaseURL string

	// IssuePath is where permission tokens are issued. If empty,
	// /api/permission/issue-by-factors.
	IssuePath string

	// RefreshPath is where they are renewed. If empty, /api/permission/refresh. That
	// path, and that the refresh token is sent as permissionRefreshToken, is inferred from the
	// rest of Spatium's interface: its documentation does not say.
	RefreshPath string

	// HTTPClient makes the requests, as Endpoint.HTTPClient does. If nil, one of
	// the Manager's own.
	HTTPClient *http.Client
}

// Spatium returns the service at baseURL, "https://cloud.spatium.net/authorization/v1"
// for Spatium's own, with the paths of Spatium.
func Spatium(baseURL string) AuthorizationService { return AuthorizationService{BaseURL: baseURL} }

// String describes the service by its host: the rest of a URL may hold secrets.
func (a AuthorizationService) String() string {
	return "authorization service at " + hostOf(a.BaseURL)
}

// Format writes String, whatever the verb.
func (a AuthorizationService) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, a.String()) }

// LogValue returns String.
func (a AuthorizationService) LogValue() slog.Value { return slog.StringValue(a.String()) }

// Authorization gets permission tokens for the security tokens that Session.Establish
// is given, and renews them by the refresh token that comes with them. Before the first
// Establish the session answers ErrNotEstablished, and once its refresh token is over or
// refused, ErrLoginRequired, until it is established again. Like any kind it does
// not renew while nobody asks; KeepAlive does.
//
// tokenID tells sessions of one account apart, and stays the same over restarts: the
// service ends a refresh token when another is issued for its tokenID. So each session needs one
// of its own. permissions are what the token is to permit, at least one; their order
// does not matter.
//
// An Authorization session cannot exchange tokens. Session.Revoke forgets them:
// the service has nothing to end them by.
func Authorization(service AuthorizationService, tokenID string, permissions ...string) Kind {
	return once(&authorization{"Authorization", &service, tokenID, slices.Clone(permissions)})
}

type authorization struct {
	kindName
	service     *AuthorizationService
	tokenID     string
	permissions []string
}

func (k *authorization) plan() (*plan, error) {
	if err := k.check(); err != nil {
		return nil, err
	}
	rules := actor.Rules{OneTime: true, Human: true, Unborn: true, Proofs: true, Forgets: true}
	d := digest{sha256.New()}
	d.strings("authorization", k.service.issueURL(), k.service.refreshURL(), k.tokenID)
	d.list(slices.Sorted(slices.Values(k.permissions)))
	d.Sum(rules.Identity[:0])
	return &plan{
		rules:    &rules,
		tokenURL: k.service.refreshURL(),
		over:     k.service.HTTPClient,
		made:     &made{},
		requests: func(c *wire.Client) requester { return &authorizationRequests{kind: k, client: c} },
	}, nil
}

func (k *authorization) check() error {
	if err := k.service.check(); err != nil {
		return err
	}
	switch {
	case k.tokenID == "":
		return messages.Invalid("tokenID", "is empty")
	case !utf8.ValidString(k.tokenID):
		return messages.Invalid("tokenID", "is not UTF-8")
	case len(k.permissions) == 0:
		return messages.Invalid("permissions", "is empty")
	}
	for _, p := range k.permissions {
		if p == "" || !utf8.ValidString(p) {
			return messages.Invalid("permissions", "has one that is empty or not UTF-8")
		}
	}
	return nil
}

// check returns ErrInvalid naming the field that is wrong.
func (a AuthorizationService) check() error {
	if err := wire.CheckURL(a.BaseURL); err != nil {
		return messages.Invalid("AuthorizationService.BaseURL", err.Error())
	}
	if strings.Contains(a.BaseURL, "?") {
		return messages.Invalid("AuthorizationService.BaseURL", "must not have a query")
	}
	for _, f := range []struct{ name, path, url string }{
		{"IssuePath", a.IssuePath, a.issueURL()},
		{"RefreshPath", a.RefreshPath, a.refreshURL()},
	} {
		if f.path != "" && !strings.HasPrefix(f.path, "/") {
			return messages.Invalid("AuthorizationService."+f.name, `does not begin with "/"`)
		}
		if err := wire.CheckURL(f.url); err != nil {
			return messages.Invalid("AuthorizationService."+f.name, err.Error())
		}
	}
	return nil
}

func (a AuthorizationService) issueURL() string {
	return a.at(a.IssuePath, "/api/permission/issue-by-factors")
}

func (a AuthorizationService) refreshURL() string {
	return a.at(a.RefreshPath, "/api/permission/refresh")
}

func (a AuthorizationService) at(path, otherwise string) string {
	return strings.TrimSuffix(a.BaseURL, "/") + cmp.Or(path, otherwise)
}
