package wire_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

func TestRetryAfterIsReadInBothForms(t *testing.T) {
	at := func(d time.Duration) string { return noon.Add(d).Format(http.TimeFormat) }
	for _, test := range []struct {
		name, header, date string
		want               time.Duration
	}{
		{"absent", "", "", 0},
		{"seconds", "120", "", 2 * time.Minute},
		{"a fraction", "1.5", "", 1500 * time.Millisecond},
		{"negative", "-5", "", 0},
		{"a week", "604800", "", 24 * time.Hour},
		{"huge", "99999999999999999999", "", 24 * time.Hour},
		{"nonsense", "soon", "", 0},
		{"a date by our clock", at(time.Minute), "", time.Minute},
		{"a date by a slow clock", at(time.Minute), at(-time.Hour), time.Hour + time.Minute},
		{"a date by a fast clock", at(time.Hour), at(time.Hour - time.Second), time.Second},
		{"a date and an unreadable clock", at(time.Minute), "today", time.Minute},
		{"seconds need no clock", "60", at(time.Hour), time.Minute},
		{"a date in the past", at(-time.Minute), "", 0},
		{"a date far away", at(1000 * time.Hour), "", 24 * time.Hour},
		{"a date in RFC 850's form", "Thursday, 01-Jan-26 12:01:00 GMT", "", time.Minute},
		{"the dawn of time", "Mon, 01 Jan 0001 00:00:00 GMT", "", 0},
		{"the end of time", "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", 24 * time.Hour},
	} {
		if got := waitAsked(t, 503, test.header, test.date); got != test.want {
			t.Errorf("%s: wait %v, want %v", test.name, got, test.want)
		}
	}
}

func TestRetryAfterIsReadWhateverTheStatus(t *testing.T) {
	for _, status := range []int{200, 302, 400, 429, 500, 503} {
		if got := waitAsked(t, status, "7", ""); got != 7*time.Second {
			t.Errorf("%d: wait %v", status, got)
		}
	}
}

func waitAsked(t *testing.T, status int, retryAfter, date string) time.Duration {
	t.Helper()
	c := through(func(*http.Request) (*http.Response, error) {
		resp := &http.Response{StatusCode: status, Header: http.Header{}, Body: http.NoBody}
		for name, value := range map[string]string{"Retry-After": retryAfter, "Date": date} {
			if value != "" {
				resp.Header.Set(name, value)
			}
		}
		return resp, nil
	})
	_, err := c.Token(t.Context(), noon, request())
	f, ok := err.(messages.Failure) //nolint:errorlint // the contract is the very type
	if !ok {
		t.Fatalf("%d is %v", status, err)
	}
	return f.RetryAfter
}

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"120", "-1", "1e3", "NaN", "Thu, 01 Jan 2026 12:01:00 GMT", "Thu Jan  1 12:01:00 2026"} {
		f.Add(seed, fmt.Sprint(noon))
		f.Add(seed, "Thu, 01 Jan 2026 12:00:00 GMT")
	}
	f.Fuzz(func(t *testing.T, header, date string) {
		if got := waitAsked(t, 429, header, date); got < 0 || got > 24*time.Hour {
			t.Errorf("wait %v", got)
		}
	})
}
