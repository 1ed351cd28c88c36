package wire_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/internal/wire"
)

// trouble is something that happens to a request on its way.
type trouble struct {
	name, want string
	meet       func(t *testing.T, ask asking) error
}

// asking makes the request to url by c. It is the same request for all troubles.
type asking func(ctx context.Context, c *wire.Client, url string) error

const anywhere = "https://as.example/oauth2/token"

var errStrange = errors.New("strange " + canary)

// troubles are all that the network and a given transport can do to us. Their
// errors and answers hold the canary wherever they can.
func troubles() []trouble {
	return []trouble{
		{"refused", "transient: connection refused", func(t *testing.T, ask asking) error {
			return ask(t.Context(), own(t), deserted(t))
		}},
		{"no such name", "transient: name not resolved", func(t *testing.T, ask asking) error {
			return ask(t.Context(), dialing(t, fails(&net.OpError{Op: "dial", Err: &net.DNSError{Err: canary, Name: canary, IsNotFound: true}})), anywhere)
		}},
		{"a dial that fails strangely", "transient: no connection", func(t *testing.T, ask asking) error {
			return ask(t.Context(), dialing(t, fails(errStrange)), anywhere)
		}},
		{"an unknown authority", "transient: tls handshake", func(t *testing.T, ask asking) error {
			s := httptest.NewUnstartedServer(http.HandlerFunc(grants))
			s.Config.ErrorLog = log.New(io.Discard, "", 0)
			s.StartTLS()
			t.Cleanup(s.Close)
			return ask(t.Context(), own(t), s.URL)
		}},
		{"no TLS where there should be", "transient: tls handshake", func(t *testing.T, ask asking) error {
			return ask(t.Context(), own(t), strings.Replace(tells(t, "HTTP/1.1 400 "+canary+"\r\n\r\n"), "http:", "https:", 1))
		}},
		{"a caller gone before it began", "transient: request abandoned", func(t *testing.T, ask asking) error {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			return ask(ctx, dialing(t, fails(errStrange)), anywhere)
		}},
		{"a deadline before it began", "transient: no connection in time", func(t *testing.T, ask asking) error {
			ctx, cancel := context.WithTimeout(t.Context(), -time.Second)
			defer cancel()
			return ask(ctx, through(func(*http.Request) (*http.Response, error) { panic("asked") }), anywhere)
		}},
		{"a dial without an end", "transient: no connection in time", func(t *testing.T, ask asking) error {
			return inVirtualTime(t, ask, 0, func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			})
		}},
		{"a silent server", "doubtful: no answer in time", func(t *testing.T, ask asking) error {
			return inVirtualTime(t, ask, 0, silent(""))
		}},
		{"a silent server and the client's own patience", "doubtful: no answer in time", func(t *testing.T, ask asking) error {
			return inVirtualTime(t, ask, time.Second, silent(""))
		}},
		{"a server that falls silent", "doubtful: no answer in time: endpoint answered 200 (attempt 3)", func(t *testing.T, ask asking) error {
			return inVirtualTime(t, ask, 0, silent("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"+canary))
		}},
		{"an error that falls silent", "doubtful: no answer in time: endpoint answered 400 (attempt 3)", func(t *testing.T, ask asking) error {
			return inVirtualTime(t, ask, time.Second, silent("HTTP/1.1 400 Bad Request\r\nContent-Length: 100\r\n\r\n"+canary))
		}},
		{"a redirect that falls silent", "transient: redirect refused: endpoint answered 307 (attempt 3)", func(t *testing.T, ask asking) error {
			return inVirtualTime(t, ask, 0, silent("HTTP/1.1 307 "+canary+"\r\nContent-Length: 100\r\nLocation: https://"+canary+"/\r\n\r\n"))
		}},
		{"another protocol", "doubtful: protocol switch refused: endpoint answered 101 (attempt 3)", func(t *testing.T, ask asking) error {
			return inVirtualTime(t, ask, 0, silent("HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: "+canary+"\r\n\r\n"))
		}},
		{"a caller who leaves", "doubtful: request abandoned", func(t *testing.T, ask asking) error {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			url, _ := serves(t, func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body) // the server looks for a hang-up only then
				cancel()
				<-r.Context().Done()
			})
			return ask(ctx, own(t), url)
		}},
		{"a reset", "doubtful: connection lost", func(t *testing.T, ask asking) error {
			return ask(t.Context(), own(t), listens(t, func(c *net.TCPConn) { _ = c.SetLinger(0) }))
		}},
		{"a hang-up", "doubtful: connection lost", func(t *testing.T, ask asking) error {
			return ask(t.Context(), own(t), tells(t, ""))
		}},
		{"a hang-up in the header", "doubtful: answer is cut short", func(t *testing.T, ask asking) error {
			return ask(t.Context(), own(t), tells(t, "HTTP/1.1 200 OK\r\nX-A: "+canary))
		}},
		{"a hang-up in the body", "doubtful: answer is cut short: endpoint answered 200 (attempt 3)", func(t *testing.T, ask asking) error {
			return ask(t.Context(), own(t), tells(t, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"access_token\":\""+canary+"\"}"))
		}},
		{"a hang-up in the body of an error", "doubtful: answer is cut short: endpoint answered 400 (attempt 3)", func(t *testing.T, ask asking) error {
			return ask(t.Context(), own(t), tells(t, "HTTP/1.1 400 X\r\nContent-Length: 100\r\n\r\n{\"error\":\""+canary+"\"}"))
		}},
		{"a hang-up between chunks", "doubtful: answer is cut short: endpoint answered 200 (attempt 3)", func(t *testing.T, ask asking) error {
			return ask(t.Context(), own(t), tells(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"))
		}},
		{"half a JSON", "doubtful: answer is cut short: endpoint answered 200 (attempt 3)", func(t *testing.T, ask asking) error {
			return ask(t.Context(), own(t), tells(t, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"access_token\":\""+canary))
		}},
		{"no HTTP", "doubtful: connection lost", func(t *testing.T, ask asking) error {
			return ask(t.Context(), own(t), tells(t, "SSH-2.0-"+canary+"\r\n"))
		}},
		{"a huge header", "doubtful: connection lost", func(t *testing.T, ask asking) error {
			return ask(t.Context(), own(t), tells(t, "HTTP/1.1 200 OK\r\nX-A: "+strings.Repeat(canary, 20_000)+"\r\n\r\n"))
		}},
		{"a transport that does not say how far it came", "doubtful: connection lost", func(t *testing.T, ask asking) error {
			return ask(t.Context(), through(func(*http.Request) (*http.Response, error) { return nil, errStrange }), anywhere)
		}},
		{"the same, of a dial", "transient: connection refused", func(t *testing.T, ask asking) error {
			return ask(t.Context(), through(func(*http.Request) (*http.Response, error) {
				return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
			}), anywhere)
		}},
		{"the same, of a read", "doubtful: connection lost", func(t *testing.T, ask asking) error {
			return ask(t.Context(), through(func(*http.Request) (*http.Response, error) {
				return nil, &net.OpError{Op: "read", Err: syscall.ECONNREFUSED}
			}), anywhere)
		}},
		{"a transport that tried twice", "doubtful: connection lost", func(t *testing.T, ask asking) error {
			return ask(t.Context(), through(func(r *http.Request) (*http.Response, error) {
				httptrace.ContextClientTrace(r.Context()).GotConn(httptrace.GotConnInfo{})
				return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
			}), anywhere)
		}},
		{"the same, of a caller who left", "doubtful: request abandoned", func(t *testing.T, ask asking) error {
			ctx, cancel := context.WithCancel(t.Context())
			return ask(ctx, through(func(*http.Request) (*http.Response, error) {
				cancel()
				return nil, errStrange
			}), anywhere)
		}},
		{"the same, of a deadline", "doubtful: no answer in time", func(t *testing.T, ask asking) (err error) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				err = ask(ctx, through(func(*http.Request) (*http.Response, error) {
					<-ctx.Done()
					return nil, errStrange
				}), anywhere)
			})
			return err
		}},
		{"a transport that answers nothing", "doubtful: connection lost", func(t *testing.T, ask asking) error {
			return ask(t.Context(), through(func(*http.Request) (*http.Response, error) { return nil, nil }), anywhere)
		}},
	}
}

func TestTroublesOnTheWay(t *testing.T) {
	for _, tr := range troubles() {
		t.Run(tr.name, func(t *testing.T) {
			for name, ask := range askings() {
				if name == "revoke" && strings.Contains(tr.want, "answered 200") {
					continue // a revocation endpoint has said it all with its status
				}
				if diff := cmp.Diff(tr.want, failed(t, tr.meet(t, ask))); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			}
		})
	}
}

// askings make the request that holds the canary.
func askings() map[string]asking {
	return map[string]asking{
		"token": func(ctx context.Context, c *wire.Client, url string) error {
			_, err := c.Token(ctx, noon, secretRequest(url))
			return err
		},
		"revoke": func(ctx context.Context, c *wire.Client, url string) error {
			return c.Revoke(ctx, noon, secretRequest(url))
		},
		"permission": func(ctx context.Context, c *wire.Client, url string) error {
			r := secretRequest(url)
			r.Form, r.ID = nil, requestID
			r.JSON = []wire.Member{{Name: "tokenId", Text: canary}, {Name: "securityTokens", List: []string{"s", canary}}}
			_, err := c.Permission(ctx, noon, r)
			return err
		},
	}
}
