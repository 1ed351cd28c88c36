package sessions

import "net/http"

// AuthorizationService is a service that issues permission tokens for factors and
// renews them. Empty paths stand for the defaults /api/permission/issue-by-factors
// and /api/permission/refresh.
type AuthorizationService struct {
	BaseURL, IssuePath, RefreshPath string
	HTTPClient                      *http.Client // nil: the Manager's own
}

// Authorization is declared and not supported: a session of it is ErrNotSupported.
func Authorization(_ AuthorizationService, _ string, _ ...string) Kind {
	return unsupported{"Authorization"}
}

// Spatium returns the service at baseURL with the paths of Spatium.
func Spatium(baseURL string) AuthorizationService { return AuthorizationService{BaseURL: baseURL} }
