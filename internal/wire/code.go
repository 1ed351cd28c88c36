package wire

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
)

// otherCode stands for a code that cannot be shown.
const otherCode = "other"

const longestCode = 64

// codeOf returns the error code of an answer to r; empty: it has none.
func codeOf(r Request, answer object) string {
	switch code := answer["error"].(type) {
	case nil:
		return ""
	case bool:
		if !code { // "error": false is how some say that there is none
			return ""
		}
	case string:
		if classify(code) != unknown || showable(code) && !r.repeatedIn(code) {
			return code
		}
	}
	return otherCode
}

func showable(code string) bool {
	return len(code) <= longestCode && !strings.ContainsFunc(code, notInCode)
}

// notInCode: "Values for the "error" parameter MUST NOT include characters
// outside the set %x20-21 / %x23-5B / %x5D-7E."
// https://www.rfc-editor.org/rfc/rfc6749#section-5.2
func notInCode(r rune) bool { return r < 0x20 || r > 0x7e || r == '"' || r == '\\' }

// repeatedIn reports whether code holds something that r sent, as it does where a
// server writes "unknown token abc" in the place of a code. Values of less than
// six bytes are passed over: many an honest code holds a word like "user".
func (r Request) repeatedIn(code string) bool {
	return slices.ContainsFunc(r.sent(), func(value string) bool {
		return len(value) >= 6 && strings.Contains(code, value)
	})
}

func (r Request) sent() []string {
	var all []string
	for _, f := range slices.Concat(r.Form, r.Credentials.Fields) {
		all = append(all, f.Value)
	}
	for _, m := range r.JSON {
		all = append(all, m.texts()...)
	}
	for _, values := range r.Header {
		all = append(all, values...)
	}
	_, authorization, _ := strings.Cut(r.Credentials.Authorization.Reveal(), " ")
	all = append(all, authorization)
	if pair, err := base64.StdEncoding.DecodeString(authorization); err == nil {
		_, secret, _ := strings.Cut(string(pair), ":")
		decoded, _ := url.QueryUnescape(secret)
		all = append(all, secret, decoded)
	}
	return all
}
