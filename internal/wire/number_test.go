package wire_test

import (
	"strings"
	"testing"
	"time"
)

func TestLifetimeIsReadFromWhateverServersSend(t *testing.T) {
	const century = 100 * 365 * 24 * time.Hour
	for sent, want := range map[string]time.Duration{
		`3600`:                                  time.Hour,
		`"3600"`:                                time.Hour,
		`3600.5`:                                time.Hour + 500*time.Millisecond,
		`"3600.5"`:                              time.Hour + 500*time.Millisecond,
		`1e3`:                                   1000 * time.Second,
		`"1e3"`:                                 1000 * time.Second,
		`"1E+3"`:                                1000 * time.Second,
		`0.25`:                                  250 * time.Millisecond,
		`1`:                                     time.Second,
		`86399`:                                 86399 * time.Second,
		`315360000`:                             315360000 * time.Second,
		`0`:                                     0,
		`"0"`:                                   0,
		`-0`:                                    0,
		`-5`:                                    0,
		`"-5"`:                                  0,
		`-1e999`:                                0,
		`1e-999`:                                0,
		`9223372036854775807`:                   century,
		`9999999999999999999999`:                century,
		`1e999`:                                 century,
		`"1e999"`:                               century,
		strings.Repeat("9", 5000):               century,
		`"0` + strings.Repeat("0", 5000) + `7"`: 7 * time.Second,
	} {
		body := `{"access_token":"at","expires_in":` + sent + `}`
		tok, err := answering(t, answer(200, body)).Token(t.Context(), noon, request())
		if err != nil {
			t.Errorf("%.40s: %v", sent, err)
			continue
		}
		if !tok.Expiry.Equal(noon.Add(want)) {
			t.Errorf("%.40s: lives %v, want %v", sent, tok.Lifetime(), want)
		}
	}
}

func TestLifetimeMustBeANumber(t *testing.T) {
	for _, sent := range []string{
		`"NaN"`, `"Inf"`, `"-Infinity"`, `"0x10"`, `"0x1p4"`, `"1_000"`, `"3600s"`, `" 3600"`, `"e"`, `"."`, `"+-1"`, `"1e"`, `"٣"`, `{}`, `false`,
	} {
		body := `{"access_token":"at","expires_in":` + sent + `}`
		if tok, err := answering(t, answer(200, body)).Token(t.Context(), noon, request()); err == nil {
			t.Errorf("%s: lives %v", sent, tok.Lifetime())
		}
	}
}
