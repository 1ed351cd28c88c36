package wire_test

import (
	"testing"
	"time"
)

func TestDateIsWhatTheAnswerSays(t *testing.T) {
	before := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	said := time.Date(2026, 1, 1, 12, 0, 7, 0, time.UTC)
	const date = "Date: Thu, 01 Jan 2026 12:00:07 GMT\r\n"
	for name, c := range map[string]struct {
		answer string
		want   time.Time
	}{
		"granted":     {"HTTP/1.1 200 X\r\n" + date + "\r\n{\"access_token\":\"at\"}", said},
		"denied":      {"HTTP/1.1 400 X\r\n" + date + "\r\n{\"error\":\"invalid_grant\"}", said},
		"no OAuth":    {"HTTP/1.1 503 X\r\n" + date + "\r\n", said},
		"broken off":  {"HTTP/1.1 400 X\r\n" + date + "Content-Length: 9\r\n\r\n{", said},
		"no Date":     {"HTTP/1.1 400 X\r\n\r\n", before},
		"not a Date":  {"HTTP/1.1 400 X\r\nDate: yesterday\r\n\r\n", before},
		"empty Date":  {"HTTP/1.1 400 X\r\nDate:\r\n\r\n", before},
		"a Unix time": {"HTTP/1.1 400 X\r\nDate: 1767268807\r\n\r\n", before},
	} {
		r, asked, revoked := request(), before, before
		r.Date = &asked
		_, _ = answering(t, c.answer).Token(t.Context(), noon, r)
		r.Date = &revoked
		_ = answering(t, c.answer).Revoke(t.Context(), noon, r)
		if !asked.Equal(c.want) || !revoked.Equal(c.want) {
			t.Errorf("%s: the date is %v and %v, want %v", name, asked, revoked, c.want)
		}
		r.Date = nil // nobody asks
		_, _ = answering(t, c.answer).Token(t.Context(), noon, r)
	}
}
