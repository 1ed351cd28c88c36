package wire

import (
	"net/http"
	"strings"
)

func (r Request) headers() http.Header {
	h := http.Header{}
	for name, values := range r.Header {
		if name = http.CanonicalHeaderKey(name); !reserved(name) {
			h[name] = append(h[name], values...)
		}
	}
	if h.Get("User-Agent") == "" {
		h.Set("User-Agent", "holdfast")
	}
	h.Set("Content-Type", "application/x-www-form-urlencoded")
	if r.JSON != nil {
		h.Set("Content-Type", "application/json")
	}
	if r.ID != "" {
		h.Set("Request-Id", r.ID)
	}
	h.Set("Accept", "application/json")
	if r.Credentials.Authorization != "" {
		h.Set("Authorization", r.Credentials.Authorization.Reveal())
	}
	if r.ClientIP.IsValid() {
		h.Set("X-Forwarded-For", r.ClientIP.Unmap().WithZone("").String())
	}
	return h
}

func reserved(header string) bool {
	switch header {
	case "Content-Type", "Accept", "Authorization", "X-Forwarded-For", "Host", "Content-Length":
		return true
	case "Idempotency-Key", "X-Idempotency-Key":
		// net/http sends a POST again by itself if it has one of these; a refresh
		// token would be spent twice.
		return true
	}
	return false
}

// ValidHeader reports whether net/http would send h. Its own refusal could not be
// told from a connection that was lost.
func ValidHeader(h http.Header) bool {
	for name, values := range h {
		if name == "" || strings.ContainsFunc(name, notInName) {
			return false
		}
		for _, v := range values {
			if strings.ContainsFunc(v, notInValue) {
				return false
			}
		}
	}
	return true
}

func notInName(r rune) bool {
	letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}

func notInValue(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }
