package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http/httptrace"
	"sync/atomic"
	"syscall"

	"github.com/holdfast-go/holdfast/messages"
)

// progress is how far a request came. net/http reports it from goroutines of its
// own, hence the atomics.
type progress struct {
	asked     atomic.Bool // for a connection
	connected atomic.Bool // from here on something may have been written
	tlsFailed atomic.Bool
}

func (p *progress) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { p.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { p.connected.Store(true) },
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
			if err != nil {
				p.tlsFailed.Store(true)
			}
		},
	}
}

// failure says what became of a request that brought no answer but err.
func (p *progress) failure(ctx context.Context, err error, attempt int) messages.Failure {
	if p.nothingWritten(err) {
		return messages.Failure{Verdict: messages.Transient, Reason: p.whyUnsent(ctx, err), Attempt: attempt}
	}
	return messages.Failure{Verdict: messages.Doubtful, Reason: string(whyLost(ctx, err)), Attempt: attempt}
}

// nothingWritten wants a proof. A transport that reports no progress may have
// written all of the request, so there only a failed dial is one.
func (p *progress) nothingWritten(err error) bool {
	return !p.connected.Load() && (p.asked.Load() || isDial(err))
}

func isDial(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return true
	}
	_, ok := errors.AsType[*net.DNSError](err)
	return ok
}

func (p *progress) whyUnsent(ctx context.Context, err error) string {
	_, unnamed := errors.AsType[*net.DNSError](err)
	switch {
	case isAbandoned(ctx):
		return "request abandoned"
	case isTimeout(ctx, err):
		return "no connection in time"
	case unnamed:
		return "name not resolved"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case p.tlsFailed.Load():
		return "tls handshake"
	}
	return "no connection"
}

// whyLost says why there is no answer, or only half of one, to a request that was
// sent.
func whyLost(ctx context.Context, err error) flaw {
	switch {
	case isAbandoned(ctx):
		return "request abandoned"
	case isTimeout(ctx, err):
		return "no answer in time"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return isCutShort
	}
	return "connection lost"
}

func isAbandoned(ctx context.Context) bool { return errors.Is(ctx.Err(), context.Canceled) }

// isTimeout also looks at ctx: what a given transport makes of a deadline is
// anybody's guess.
func isTimeout(ctx context.Context, err error) bool {
	limit, ok := errors.AsType[net.Error](err)
	return ok && limit.Timeout() || ctx.Err() != nil
}
