package wire

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
)

// CheckURL returns nil if raw may be the URL of an endpoint, else an error that
// says what is wrong and reads on after the name of a field: "must be https, or
// http to a loopback address". It quotes nothing of raw.
func CheckURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return errors.New("is not a URL")
	case u.Scheme == "" || u.Hostname() == "":
		return errors.New("must be an absolute URL")
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())):
		return errors.New("must be https, or http to a loopback address")
	case u.User != nil:
		return errors.New("must not hold a user name or password")
	case strings.Contains(raw, "#"):
		// "The endpoint URI MUST NOT include a fragment component."
		// https://www.rfc-editor.org/rfc/rfc6749#section-3.2
		return errors.New("must not have a fragment")
	}
	return nil
}

// isLoopback takes no name but localhost: what another one resolves to is
// somebody else's decision.
func isLoopback(host string) bool {
	if strings.ToLower(host) == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
