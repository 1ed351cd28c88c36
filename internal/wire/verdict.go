package wire

import (
	"net/http"

	"github.com/holdfast-go/holdfast/messages"
)

// class is what a code says by itself.
type class uint8

const (
	none class = iota // there is no code
	denied
	hopeless
	passing // the trouble is the server's, for now
	unknown
)

func classify(code string) class {
	switch code {
	case "":
		return none
	case "invalid_grant":
		return denied
	case "invalid_client", "unauthorized_client", "invalid_scope", "invalid_target",
		"invalid_request", "unsupported_grant_type", "unsupported_token_type":
		return hopeless
	case "temporarily_unavailable", "server_error", "slow_down":
		return passing
	}
	return unknown
}

// judge is the table of the package comment, for an answer that could be read to
// its end. An empty code: it had none.
func judge(status int, code string) messages.Verdict {
	switch classify(code) {
	case none:
		return judgeStatus(status)
	case denied:
		return messages.GrantDenied
	case hopeless:
		return messages.Hopeless
	case passing:
		if isSuccess(status) {
			return messages.Transient
		}
		return judgeStatus(status)
	case unknown:
		if status == http.StatusTooManyRequests || status >= 500 {
			return judgeStatus(status)
		}
		return messages.Hopeless
	}
	panic("BUG: unknown class of code")
}

func judgeStatus(status int) messages.Verdict {
	switch {
	case isRedirect(status), 400 <= status && status < 500:
		return messages.Transient
	case status == http.StatusServiceUnavailable,
		status == http.StatusNotImplemented,
		status == http.StatusHTTPVersionNotSupported:
		// These say that the request was not carried out.
		return messages.Transient
	}
	return messages.Doubtful
}

func isSuccess(status int) bool { return 200 <= status && status < 300 }

func isRedirect(status int) bool { return 300 <= status && status < 400 }
