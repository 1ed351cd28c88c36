package wire

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// longest keeps a lifetime within what time.Duration can count.
const longest = 100 * 365 * 24 * time.Hour

// lastUnix is in the year 9999.
const lastUnix = 253_000_000_000

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
	n, ok := parseNumber(text)
	switch {
	case !ok, n <= 0:
		return 0, ok
	case n >= longest.Seconds():
		return longest, true
	}
	return time.Duration(n * float64(time.Second)), true
}

// parseNumber takes what is too large or too small for a number as infinite or zero.
func parseNumber(text string) (n float64, ok bool) {
	// ParseFloat also takes NaN, Inf, hexadecimals and underscores.
	if strings.Trim(text, "0123456789+-.eE") != "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil || errors.Is(err, strconv.ErrRange)
}

// unixTime reads a moment in seconds since 1970 from a member of an answer, as
// seconds reads a number.
func unixTime(member any) (t time.Time, ok bool) {
	text, isText := member.(string)
	if n, isNumber := member.(json.Number); isNumber {
		text, isText = n.String(), true
	}
	n, ok := parseNumber(text)
	if !isText || !ok {
		return time.Time{}, false
	}
	whole, part := math.Modf(min(max(n, 0), lastUnix))
	return time.Unix(int64(whole), int64(part*float64(time.Second))), true
}
