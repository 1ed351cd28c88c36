package wire_test

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/internal/wire"
)

func TestCheckURLSaysWhatIsWrong(t *testing.T) {
	const (
		good     = ""
		noURL    = "is not a URL"
		relative = "must be an absolute URL"
		plain    = "must be https, or http to a loopback address"
		user     = "must not hold a user name or password"
		fragment = "must not have a fragment"
	)
	for raw, want := range map[string]string{
		"https://as.example/oauth2/token":       good,
		"https://as.example/token?tenant=a":     good,
		"HTTPS://as.example":                    good,
		"https://192.0.2.1:8443/token":          good,
		"http://localhost:8080/token":           good,
		"http://LOCALHOST/token":                good,
		"http://127.0.0.1/token":                good,
		"http://127.8.9.10:80/token":            good,
		"http://[::1]:8080/token":               good,
		"http://[::ffff:127.0.0.1]/token":       good,
		"":                                      relative,
		"/oauth2/token":                         relative,
		"as.example/oauth2/token":               relative,
		"//as.example/token":                    relative,
		"https:///token":                        relative,
		"https://:443/token":                    relative,
		"mailto:as@as.example":                  relative,
		"http://as.example/token":               plain,
		"http://10.0.0.1/token":                 plain,
		"http://0.0.0.0/token":                  plain,
		"http://127.1/token":                    plain,
		"http://2130706433/token":               plain,
		"http://localhost.evil.example/token":   plain,
		"http://127.0.0.1.evil.example/token":   plain,
		"http://evil.example?@localhost/":       plain,
		"http://localhoſt/token":                plain,
		"ftp://localhost/token":                 plain,
		"javascript://localhost/%0aalert(1)":    plain,
		"https://id:hunter2@as.example/token":   user,
		"https://@as.example/token":             user,
		"http://localhost@127.0.0.1/token":      user,
		"http://127.0.0.1@evil.example/token":   plain,
		"https://as.example/token#x":            fragment,
		"https://as.example/token#":             fragment,
		"https://as.example/a b\n":              noURL,
		"https://id:hunter2@as.example:x/token": noURL,
		"https://[::1/token":                    noURL,
		"https://%zz/":                          noURL,
	} {
		got := good
		if err := wire.CheckURL(raw); err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", raw, diff)
		}
	}
}

func FuzzCheckURL(f *testing.F) {
	for _, seed := range []string{
		"https://as.example/token", "http://localhost/", "http://[::1%25lo]/", "https://a:b@c/#d", "http://127.0.0.1:1/?q",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if err := wire.CheckURL(raw); err != nil {
			if text := err.Error(); len(raw) > 60 && strings.Contains(text, raw) {
				t.Errorf("%q quotes the URL", text)
			}
			return
		}
		u, err := url.Parse(raw)
		if err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
			t.Fatalf("accepted %q", raw)
		}
		if u.Scheme == "https" {
			return
		}
		ip, err := netip.ParseAddr(u.Hostname())
		if u.Scheme != "http" || !strings.EqualFold(u.Hostname(), "localhost") && (err != nil || !ip.Unmap().IsLoopback()) {
			t.Fatalf("accepted %q in plain text", raw)
		}
	})
}
