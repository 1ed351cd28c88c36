package wire

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// reply is an HTTP answer that has been read.
type reply struct {
	status  int
	header  http.Header
	members object // nil: the body is no JSON object
	flaw    flaw   // why members is nil
	lost    bool   // the body broke off, so flaw says how
}

// readReply reads what resp has to say, but of its body no more than maxBody.
func readReply(ctx context.Context, resp *http.Response, maxBody int) reply {
	r := reply{status: resp.StatusCode, header: resp.Header}
	switch {
	case r.status < 200:
		// The body of a 101 is the connection; reading it would not heed ctx.
		r.flaw = "protocol switch refused"
		return r
	case isRedirect(r.status):
		r.flaw = "redirect refused"
		return r
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, int64(maxBody)+1))
	switch {
	case err != nil:
		r.flaw, r.lost = whyLost(ctx, err), true
	case len(body) > maxBody:
		r.flaw = isTooLarge
	default:
		r.members, r.flaw = readObject(body)
	}
	return r
}

// failure is what r means to request, where it brought nothing for the reason why.
func (r reply) failure(now time.Time, request Request, why flaw) messages.Failure {
	f := messages.Failure{
		Status:     r.status,
		Code:       codeOf(request, r.members),
		Attempt:    request.Attempt,
		RetryAfter: retryAfter(r.header, now),
	}
	f.Verdict = judge(r.status, f.Code)
	if r.lost {
		f.Verdict = messages.Doubtful
	}
	// The status of an error says all; its body was of no account.
	if r.lost || r.status < 400 {
		f.Reason = string(why)
	}
	return f
}
