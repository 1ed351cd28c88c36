package clockutil

import (
	"math/bits"
	"time"
)

// Hash returns a hash of parts that is the same in every process and on every
// machine, now and later. Where one part ends and the next begins counts, so
// Hash("ab", "c") is not Hash("a", "bc"). It is evenly spread in all bits, and no
// protection against somebody who looks for collisions.
func Hash(parts ...string) uint64 {
	// FNV-1a, with each part's length before its bytes.
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for _, part := range parts {
		h = (h ^ uint64(len(part))) * prime
		for i := range len(part) {
			h = (h ^ uint64(part[i])) * prime
		}
	}
	return avalanche(h)
}

// Mix returns a hash of seed and parts, in their order, as stable as [Hash]. It is
// how one hash becomes many: Mix(Hash(name, key), attempt). It does not allocate.
func Mix(seed uint64, parts ...uint64) uint64 {
	// The increment of SplitMix64; without it, zeros would stay zeros.
	const step = 0x9e3779b97f4a7c15
	h := avalanche(seed + step)
	for _, part := range parts {
		h = avalanche((h ^ part) + step)
	}
	return h
}

// avalanche is the finalizer of SplitMix64: each bit of h changes about half of
// the bits returned.
func avalanche(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// Spread returns a duration in [0, ceiling) that is uniform if hash is. It is 0 if
// ceiling is zero or less.
func Spread(ceiling time.Duration, hash uint64) time.Duration {
	part, _ := bits.Mul64(uint64(max(ceiling, 0)), hash)
	return time.Duration(part)
}

// Doubling returns base·2ⁿ, or ceiling if that is more. An n below 0 counts as 0,
// and so does a base or a ceiling below 0: a wait is never negative.
func Doubling(base, ceiling time.Duration, n int) time.Duration {
	base, ceiling, n = max(base, 0), max(ceiling, 0), max(n, 0)
	if base > ceiling>>n { // base<<n > ceiling, without overflow
		return ceiling
	}
	return base << n
}

// Backoff returns how long to wait after the failure numbered n, counted from 0,
// with full jitter: a duration in [base, base·2ⁿ⁺¹) or, if that is less, in
// [base, ceiling), uniform if hash is. It is base if ceiling is not above it.
// An n or a base below 0 counts as 0; a base of 0 never becomes anything else.
func Backoff(base, ceiling time.Duration, n int, hash uint64) time.Duration {
	base = max(base, 0)
	// No duration can be doubled 62 times, and n+1 must not overflow.
	n = min(max(n, 0), 62)
	return base + Spread(Doubling(base, ceiling, n+1)-base, hash)
}

// Until returns the time from now to t, and 0 if t has passed.
func Until(now, t time.Time) time.Duration { return max(t.Sub(now), 0) }
