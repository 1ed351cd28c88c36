package record

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"
)

// A sealed value is a cover and, behind it, what only those can read who have its key.
const (
	sealedMagic   = "hfs"
	sealedVersion = 1

	coverShows   = len(sealedMagic) + 1
	coverSeconds = coverShows + 1
	coverNanos   = coverSeconds + 8
	coverLength  = coverNanos + 4
)

// What a cover shows.
const (
	showsNoEnd    = 0 // of a record whose refresh token ends nobody knows when
	showsEnd      = 1
	showsNoRecord = 2 // of bytes that are no record
)

// Cover returns what a sealed value begins with: when the refresh token of the record
// that was encoded as b ends, and nothing else of it.
func Cover(b []byte) []byte {
	cover := make([]byte, coverLength)
	copy(cover, sealedMagic)
	cover[len(sealedMagic)] = sealedVersion
	switch end, err := End(b); {
	case err != nil:
		cover[coverShows] = showsNoRecord
	case !end.IsZero():
		cover[coverShows] = showsEnd
		binary.BigEndian.PutUint64(cover[coverSeconds:], uint64(end.Unix()))
		binary.BigEndian.PutUint32(cover[coverNanos:], uint32(end.Nanosecond()))
	}
	return cover
}

// Uncover takes a sealed value apart, and copies nothing. The error is [ErrFormat], and
// says what to do.
func Uncover(b []byte) (cover, sealed []byte, err error) {
	switch {
	case !isSealed(b):
		return nil, nil, fmt.Errorf("%w: it is not sealed; give what is sealed a place of its own, or remove the record", ErrFormat)
	case len(b) > len(sealedMagic) && b[len(sealedMagic)] != sealedVersion:
		return nil, nil, fmt.Errorf("%w: sealed in version %d, this process opens version %d; use the version of the program that wrote it, or a newer one",
			ErrFormat, b[len(sealedMagic)], sealedVersion)
	case len(b) <= coverLength:
		return nil, nil, fmt.Errorf("%w: what is sealed was cut short; put back a backup, or remove the record", ErrFormat)
	}
	return b[:coverLength:coverLength], b[coverLength:], nil
}

func isSealed(b []byte) bool { return bytes.HasPrefix(b, []byte(sealedMagic)) }

// shownEnd returns the end that a cover shows.
func shownEnd(cover []byte) (time.Time, error) {
	switch cover[coverShows] {
	case showsNoEnd:
		return time.Time{}, nil
	case showsEnd:
		seconds := int64(binary.BigEndian.Uint64(cover[coverSeconds:]))
		return time.Unix(seconds, int64(binary.BigEndian.Uint32(cover[coverNanos:]))).UTC(), nil
	}
	return time.Time{}, fmt.Errorf("%w: what is sealed is no record", ErrFormat)
}
