package wire

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// newTransport is for token requests and nothing else. It asks the environment
// for no proxy.
func newTransport() *http.Transport {
	// One connection for one request at a time: the loss of an HTTP/2 connection
	// would put the renewals of many sessions in doubt at once.
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return &http.Transport{
		Protocols:           &protocols,
		DialContext:         (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: 5 * time.Second,

		// As many as there are renewals under way for one endpoint.
		MaxIdleConnsPerHost: 64,

		// Shorter than the time after which servers and balancers close idle
		// connections: a request that meets the close is lost, and in doubt.
		IdleConnTimeout: 30 * time.Second,

		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true, // an answer is small, and then it is what was sent
	}
}

// legible takes away a Location that cannot be read. http.Client reads it before it
// asks whether to follow, and its error could not be told from a lost connection.
type legible struct{ next http.RoundTripper }

func (l legible) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(req)
	if resp == nil {
		return nil, err
	}
	if _, unreadable := resp.Location(); unreadable != nil {
		resp.Header.Del("Location")
	}
	return resp, err
}
