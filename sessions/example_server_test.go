package sessions_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
)

// inMemory is the authorization server of the examples: it grants token-1, token-2,
// … for an hour each. Leave Endpoint.HTTPClient out to talk to a real one.
func inMemory() *http.Client {
	n := 0
	return &http.Client{Transport: roundTripper(func(*http.Request) (int, string) {
		n++
		return http.StatusOK, fmt.Sprintf(
			`{"access_token":"token-%d","refresh_token":"refresh-%d","token_type":"Bearer","expires_in":3600}`, n, n)
	})}
}

// roundTripper answers requests without a network.
type roundTripper func(*http.Request) (status int, body string)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	status, body := f(req)
	return &http.Response{
		StatusCode: status,
		Header:     http.Header{"Content-Type": {"application/json"}},
		Body:       io.NopCloser(strings.NewReader(body)),
		Request:    req,
	}, nil
}
