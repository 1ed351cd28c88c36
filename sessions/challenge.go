package sessions

import "strings"

// bearerError returns the error code of the Bearer challenge in a set of
// WWW-Authenticate headers (RFC 6750, section 3), and whether there is one. A
// header may hold several challenges, and their parameters are quoted or not
// (RFC 9110, section 11.6.1). What cannot be read ends the look at that header.
func bearerError(headers []string) (code string, ok bool) {
	for _, h := range headers {
		p := challengeParser{rest: h}
		for p.next() {
			if strings.EqualFold(p.scheme, "bearer") && strings.EqualFold(p.name, "error") {
				return p.value, true
			}
		}
	}
	return "", false
}

// challengeParser walks over the parameters of the challenges in a header.
type challengeParser struct {
	rest                string
	scheme, name, value string
}

// next moves to the next parameter. It returns false at the end, or where the
// header is not as it should be.
func (p *challengeParser) next() bool {
	for {
		p.rest = strings.TrimLeft(p.rest, " \t,")
		word := p.token()
		if word == "" {
			return false
		}
		space := strings.TrimLeft(p.rest, " \t")
		if after, isParameter := strings.CutPrefix(space, "="); isParameter && p.scheme != "" && !strings.HasPrefix(after, "=") {
			p.rest, p.name = strings.TrimLeft(after, " \t"), word
			return p.parameter()
		}
		p.scheme = word
		p.skipToken68()
	}
}

// token takes a token off the front; empty: there is none.
func (p *challengeParser) token() string {
	end := strings.IndexFunc(p.rest, func(r rune) bool { return !isTokenChar(r) })
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
// place of parameters, such as "Negotiate YII=".
func (p *challengeParser) skipToken68() {
	text := strings.TrimLeft(p.rest, " \t")
	end := strings.IndexAny(text, " \t,")
	if end < 0 {
		end = len(text)
	}
	word := text[:end]
	if name := strings.TrimRight(word, "="); name != word && !strings.ContainsAny(name, `="`) {
		p.rest = text[end:]
	}
}
