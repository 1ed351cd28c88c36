package sessions

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestChallengesAreReadAsTheStandardsWriteThem(t *testing.T) {
	for name, test := range map[string]struct {
		headers []string
		want    challenges
	}{
		// https://www.rfc-editor.org/rfc/rfc6750#section-3
		"without an error": {
			[]string{`Bearer realm="example"`},
			challenges{bearer: true},
		},
		"with an error": {
			[]string{`Bearer realm="example", error="invalid_token", error_description="The access token expired"`},
			challenges{bearer: true, code: "invalid_token"},
		},
		// https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
		"several in one header": {
			[]string{`Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\""`},
			challenges{others: true},
		},
		"several in one header, the last a Bearer": {
			[]string{`Newauth realm="apps", type=1, title="Login to \"apps\"", Bearer error="invalid_token"`},
			challenges{bearer: true, others: true, code: "invalid_token"},
		},
		"several headers": {
			[]string{`Negotiate`, `Basic realm="x"`, `Bearer error="invalid_token"`},
			challenges{bearer: true, others: true, code: "invalid_token"},
		},
		"a Bearer before another": {
			[]string{`Bearer error="insufficient_scope", scope="a b", Basic realm="x", error="invalid_token"`},
			challenges{bearer: true, others: true, code: "insufficient_scope"},
		},
		"an error of another scheme": {
			[]string{`DPoP error="invalid_token", algs="ES256"`},
			challenges{others: true},
		},

		"unquoted":               {[]string{`Bearer error=invalid_token`}, challenges{bearer: true, code: "invalid_token"}},
		"any case":               {[]string{`BEARER Error="invalid_token"`}, challenges{bearer: true, code: "invalid_token"}},
		"spaces":                 {[]string{"  Bearer  error \t= \"invalid_token\" "}, challenges{bearer: true, code: "invalid_token"}},
		"no spaces":              {[]string{`Bearer realm="x",error="invalid_token"`}, challenges{bearer: true, code: "invalid_token"}},
		"empty list members":     {[]string{`, ,Bearer realm="x",,error="invalid_token",`}, challenges{bearer: true, code: "invalid_token"}},
		"no comma":               {[]string{`Bearer realm="x" error="invalid_token"`}, challenges{bearer: true, code: "invalid_token"}},
		"a comma in quotes":      {[]string{`Bearer realm="a, Basic b", error="invalid_token"`}, challenges{bearer: true, code: "invalid_token"}},
		"a backslash in quotes":  {[]string{`Bearer realm="a\\", error="invalid_token"`}, challenges{bearer: true, code: "invalid_token"}},
		"an escaped quote":       {[]string{`Bearer realm="a\", error=\"x", error="invalid_token"`}, challenges{bearer: true, code: "invalid_token"}},
		"an escaped error":       {[]string{`Bearer error="invalid\_token"`}, challenges{bearer: true, code: "invalid_token"}},
		"quoted in another's":    {[]string{`Basic realm="Bearer error=\"invalid_token\""`}, challenges{others: true}},
		"the first error counts": {[]string{`Bearer error="a", error="b"`}, challenges{bearer: true, code: "a"}},
		"a scheme with a parameter named like a scheme": {
			[]string{`Newauth bearer="x", error="invalid_token"`},
			challenges{others: true},
		},

		"token68":                        {[]string{`Negotiate YII=, Bearer error="invalid_token"`}, challenges{bearer: true, others: true, code: "invalid_token"}},
		"token68 with a slash":           {[]string{`Negotiate a/b+c==, Bearer error="invalid_token"`}, challenges{bearer: true, others: true, code: "invalid_token"}},
		"token68 without padding":        {[]string{`NTLM TlRMTVNTUAAC, Bearer error="invalid_token"`}, challenges{bearer: true, others: true, code: "invalid_token"}},
		"token68 that looks like Bearer": {[]string{`NTLM Bearer, error="invalid_token"`}, challenges{others: true}},
		"token68 at the end":             {[]string{`Bearer error="invalid_token"`, `Negotiate oYG2MIGzoAMKAQChCwYJ/w==`}, challenges{bearer: true, others: true, code: "invalid_token"}},
		"token68 of a Bearer":            {[]string{`Bearer error=`}, challenges{bearer: true}},

		"nothing":               {nil, challenges{}},
		"an empty header":       {[]string{"", " ", ","}, challenges{}},
		"a bare scheme":         {[]string{`Bearer`}, challenges{bearer: true}},
		"a bare other scheme":   {[]string{`Negotiate`}, challenges{others: true}},
		"an empty error":        {[]string{`Bearer error=""`}, challenges{bearer: true}},
		"no scheme":             {[]string{`error="invalid_token"`}, challenges{others: true}},
		"an open quote":         {[]string{`Bearer error="invalid_token`}, challenges{bearer: true}},
		"an open escape":        {[]string{`Bearer error="invalid_token\`}, challenges{bearer: true}},
		"not ASCII":             {[]string{`Bearer ü="1", error="invalid_token"`}, challenges{bearer: true}},
		"garbage before it":     {[]string{`=;"", Bearer error="invalid_token"`}, challenges{}},
		"garbage in one of two": {[]string{`@@@`, `Bearer error="invalid_token"`}, challenges{bearer: true, code: "invalid_token"}},
		"a URL not quoted":      {[]string{`Bearer authorization_uri=https://as.example, error="invalid_token"`}, challenges{bearer: true}},
	} {
		got := readChallenges(test.headers)
		if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(challenges{})); diff != "" {
			t.Errorf("%s: %q (-want +got):\n%s", name, test.headers, diff)
		}
	}
}

func FuzzChallengesSayNothingThatIsNotInTheHeader(f *testing.F) {
	for _, seed := range []string{
		`Bearer realm="a\"b, c", error="invalid_token"`,
		`Negotiate a/b+c==, Basic realm=x, Bearer error=invalid_token`,
		"", `"`, `=`, `Bearer error="\`, "bearer\terror = x,,",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		c := readChallenges([]string{header})
		if c.code != "" && !c.bearer {
			t.Errorf("%q: the error %q is of no Bearer challenge", header, c.code)
		}
		if c.bearer && !strings.Contains(strings.ToLower(header), "bearer") {
			t.Errorf("%q asks for no Bearer token", header)
		}
		plain := func(s string) string { return strings.ReplaceAll(s, `\`, "") }
		if !strings.Contains(plain(header), plain(c.code)) {
			t.Errorf("%q does not hold %q", header, c.code)
		}
	})
}
