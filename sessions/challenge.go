package sessions

import "strings"

// challenges is what a set of WWW-Authenticate headers asks for.
type challenges struct {
	bearer bool   // a Bearer token
	code   string // the error of a Bearer challenge (RFC 6750, section 3); empty: none has one
	others bool   // something else
}

// readChallenges reads all headers. One may hold several challenges, and their
// parameters are quoted or not (RFC 9110, section 11.6.1). What cannot be read ends
// the look at that header.
func readChallenges(headers []string) challenges {
	var c challenges
	for _, h := range headers {
		p := challengeParser{rest: h}
		for p.next() {
			switch {
			case !strings.EqualFold(p.scheme, "bearer"):
				c.others = true
			case c.code == "" && strings.EqualFold(p.name, "error"):
				c.bearer, c.code = true, p.value
			default:
				c.bearer = true
			}
		}
	}
	return c
}

// challengeParser walks over the challenges of a header and their parameters.
type challengeParser struct {
	rest        string
	scheme      string
	name, value string // of a parameter; empty: a challenge begins
}

// next moves to the next challenge or parameter. It returns false at the end, or
// where the header is not as it should be.
func (p *challengeParser) next() bool {
	p.rest = strings.TrimLeft(p.rest, " \t,")
	word := p.token()
	if word == "" {
		return false
	}
	after, isParameter := strings.CutPrefix(strings.TrimLeft(p.rest, " \t"), "=")
	if isParameter && p.scheme != "" {
		p.rest, p.name = strings.TrimLeft(after, " \t"), word
		return p.parameter()
	}
	p.scheme, p.name, p.value = word, "", ""
	p.skipToken68()
	return true
}

// token takes a token off the front; empty: there is none.
func (p *challengeParser) token() string { return p.take(isTokenChar) }

// isTokenChar reports whether a token of RFC 9110, section 5.6.2, may have r.
func isTokenChar(r rune) bool {
	return r > ' ' && r < 0x7f && !strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
}

func (p *challengeParser) take(is func(rune) bool) string {
	end := strings.IndexFunc(p.rest, func(r rune) bool { return !is(r) })
	if end < 0 {
		end = len(p.rest)
	}
	word := p.rest[:end]
	p.rest = p.rest[end:]
	return word
}

// parameter takes the value of a parameter off the front.
func (p *challengeParser) parameter() bool {
	if !strings.HasPrefix(p.rest, `"`) {
		p.value = p.token()
		return p.value != ""
	}
	var value strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; c {
		case '"':
			p.value, p.rest = value.String(), p.rest[i+1:]
			return true
		case '\\':
			i++
			if i == len(p.rest) {
				return false
			}
			value.WriteByte(p.rest[i])
		default:
			value.WriteByte(c)
		}
	}
	return false
}

// skipToken68 passes over the bare credentials that some schemes have in the
// place of parameters, such as "Negotiate YII=". Nothing but the end of the
// challenge may follow them.
func (p *challengeParser) skipToken68() {
	ahead := challengeParser{rest: strings.TrimLeft(p.rest, " \t")}
	ahead.take(isToken68Char)
	ahead.rest = strings.TrimLeft(ahead.rest, "=")
	ahead.rest = strings.TrimLeft(ahead.rest, " \t")
	if ahead.rest == "" || ahead.rest[0] == ',' {
		p.rest = ahead.rest
	}
}

func isToken68Char(r rune) bool {
	letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	return letter || strings.ContainsRune("-._~+/", r)
}
