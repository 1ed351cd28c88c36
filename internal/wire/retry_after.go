package wire

import (
	"net/http"
	"time"
)

const longestRetryAfter = 24 * time.Hour

// retryAfter returns how long the server asks us to wait; zero: it does not, or
// the moment is past.
func retryAfter(h http.Header, now time.Time) time.Duration {
	said := h.Get("Retry-After")
	if wait, ok := parseSeconds(said); ok {
		return min(wait, longestRetryAfter)
	}
	at, err := http.ParseTime(said)
	if err != nil {
		return 0
	}
	// The server counts by its own clock, which may not be ours.
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return min(max(at.Sub(now), 0), longestRetryAfter)
}
