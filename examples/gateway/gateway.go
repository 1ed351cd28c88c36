package main

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/sessions"
)

// gateway sends a request for /<tenant>/… on to the same path of the API, with the
// token of that tenant. It is safe for concurrent use.
type gateway struct {
	proxies map[string]*httputil.ReverseProxy // by tenant
	base    *http.Client                      // to the API, under all sessions
}

// gatewayTimeout limits each request, waiting for a token included.
const gatewayTimeout = 10 * time.Second

func newGateway(api *url.URL, tenants []*tenant) *gateway {
	g := &gateway{
		proxies: make(map[string]*httputil.ReverseProxy),
		base: &http.Client{Transport: &http.Transport{
			// The default of 2 would have nearly every request dial.
			MaxIdleConnsPerHost: 1000,
			IdleConnTimeout:     time.Minute,
		}},
	}
	for _, t := range tenants {
		g.proxies[t.name] = newProxy(api, g.base, t)
	}
	return g
}

// close lets go of the connections to the API.
func (g *gateway) close() { g.base.CloseIdleConnections() }

// newProxy puts the session's transport under net/http's proxy. That is all there
// is to it: the transport adds the token, and replaces one that the API refuses.
func newProxy(api *url.URL, base *http.Client, t *tenant) *httputil.ReverseProxy {
	transport := t.session.Client(base, api.String()).Transport
	if want := t.kind.exchange; want != nil {
		transport = &exchanging{session: t.session, want: *want, base: base.Transport}
	}
	return &httputil.ReverseProxy{
		Transport:      transport,
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(api) },
		ModifyResponse: func(resp *http.Response) error { return inspect(t.session, resp) },
		ErrorHandler:   refuse,
		BufferPool:     buffers,
	}
}

// ServeHTTP implements http.Handler.
func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	proxy, ok := g.proxies[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), gatewayTimeout)
	defer cancel()
	proxy.ServeHTTP(w, r.WithContext(ctx))
}

var errTokenRefused = errors.New("the API refused the tenant's token")

// inspect keeps a 401 of the API from the caller: it is about a token that he has
// never seen. A newer one was no better, or not to be had.
func inspect(s *sessions.Session, resp *http.Response) error {
	switch {
	case resp.StatusCode != http.StatusUnauthorized:
		return nil
	case s.Status().State == "Revoked": // while the request was under way
		return sessions.ErrRevoked
	}
	return errTokenRefused
}

// cause is why the gateway refused a request. Callers find it in the header
// Gateway-Refusal, which tells a refusal from an answer of the API.
type cause string

const (
	unauthorized  cause = "unauthorized" // the API refused a token
	revoked       cause = "revoked"
	unavailable   cause = "unavailable"
	overloaded    cause = "overloaded"
	timeout       cause = "timeout"
	loginRequired cause = "login required"
	failed        cause = "failed" // anything else
)

const refusalHeader = "Gateway-Refusal"

// answers says what each error means to a caller. The first that fits counts.
var answers = []struct {
	err    error
	status int
	cause  cause
}{
	{sessions.ErrUnavailable, http.StatusServiceUnavailable, unavailable},
	{sessions.ErrOverloaded, http.StatusTooManyRequests, overloaded},
	{sessions.ErrRevoked, http.StatusForbidden, revoked},
	{sessions.ErrLoginRequired, http.StatusForbidden, loginRequired},
	{sessions.ErrNotEstablished, http.StatusForbidden, loginRequired},
	{context.DeadlineExceeded, http.StatusGatewayTimeout, timeout},
	{errTokenRefused, http.StatusBadGateway, unauthorized},
}

// refuse answers in place of the API. Errors of holdfast hold no secret, but what
// they say is the gateway's business, not the caller's.
func refuse(w http.ResponseWriter, _ *http.Request, err error) {
	status, why := answerTo(err)
	if after, ok := sessions.RetryAfter(err); ok {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(after.Seconds()))))
	}
	w.Header().Set(refusalHeader, string(why))
	http.Error(w, string(why), status)
}

func answerTo(err error) (status int, why cause) {
	for _, a := range answers {
		if errors.Is(err, a.err) {
			return a.status, a.cause
		}
	}
	return http.StatusBadGateway, failed
}
