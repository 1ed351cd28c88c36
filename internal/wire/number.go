package wire

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
)

// longest keeps a lifetime within what time.Duration can count.
const longest = 100 * 365 * 24 * time.Hour

// seconds reads a number of seconds from a member of an answer: a number or a
// string with one in it, for servers send both. It is not ok if there is none.
func seconds(member any) (d time.Duration, ok bool) {
	switch m := member.(type) {
	case json.Number:
		return parseSeconds(m.String())
	case string:
		return parseSeconds(m)
	}
	return 0, false
}

// parseSeconds takes an integer, a decimal fraction or an exponent. What is
// negative becomes zero, what is too large becomes longest.
func parseSeconds(text string) (d time.Duration, ok bool) {
	// ParseFloat also takes NaN, Inf, hexadecimals and underscores.
	if strings.Trim(text, "0123456789+-.eE") != "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange):
		return 0, false
	case n <= 0:
		return 0, true
	case n >= longest.Seconds():
		return longest, true
	}
	return time.Duration(n * float64(time.Second)), true
}
