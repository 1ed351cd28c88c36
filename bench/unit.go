package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// unit says how a figure is written.
type unit string

const (
	nanoseconds  unit = "ns"
	microseconds unit = "µs"
	milliseconds unit = "ms"
	octets       unit = "B"
	perSecond    unit = "/s"
	times        unit = "×"
	count        unit = ""
)

// format writes a number with about three digits that count, and commas.
func format(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "?"
	case v == math.Trunc(v) || a >= 100:
		return grouped(int(math.Round(v)))
	case a >= 10:
		return trimmed(v, 1)
	case a >= 0.095:
		return trimmed(v, 2)
	}
	return trimmed(v, 3)
}

func trimmed(v float64, digits int) string {
	return strings.TrimRight(strings.TrimRight(strconv.FormatFloat(v, 'f', digits, 64), "0"), ".")
}

// grouped writes a number with a comma before every three digits.
func grouped(n int) string {
	switch {
	case n < 0:
		return "-" + grouped(-n)
	case n < 1000:
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%s,%03d", grouped(n/1000), n%1000)
}

// String writes a reading: "≥ 5,000" if it would have become more.
func (r reading) String() string {
	if r.atLeast {
		return "≥ " + format(r.value)
	}
	return format(r.value)
}

// plural writes "1 goroutine" and "1,000 goroutines".
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return grouped(n) + " " + thing + "s"
}
