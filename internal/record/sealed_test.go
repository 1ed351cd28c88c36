package record_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/internal/record"
	"github.com/holdfast-go/holdfast/messages"
)

// covered returns a value whose cover is that of b.
func covered(b []byte) []byte { return append(record.Cover(b), "sealed"...) }

func TestCoverShowsTheEndOfTheRefreshToken(t *testing.T) {
	for name, end := range map[string]time.Time{
		"an end":           at(time.Hour),
		"none":             {},
		"before 1970":      time.Date(1900, 1, 1, 0, 0, 0, 1, time.UTC),
		"after all clocks": time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC),
	} {
		plain := record.Encode(messages.Record{Token: messages.Token{RefreshExpiry: end}})
		got, err := record.End(covered(plain))
		if err != nil || !got.Equal(end) {
			t.Errorf("%s: the cover shows %v, %v", name, got, err)
		}
		// What is sealed twice shows it too.
		if got, err := record.End(covered(covered(plain))); err != nil || !got.Equal(end) {
			t.Errorf("%s: the cover of a sealed value shows %v, %v", name, got, err)
		}
	}
}

func TestSealedRecordIsDueLikeTheOneThatIsInIt(t *testing.T) {
	plain := record.Encode(full())
	for _, due := range []time.Time{{}, at(24*time.Hour - 1), at(24 * time.Hour)} {
		want, _ := record.Due(plain, due)
		if got, err := record.Due(covered(plain), due); got != want || err != nil {
			t.Errorf("due by %v: %t, %v", due, got, err)
		}
	}
	if _, err := record.Due(covered([]byte("junk")), at(0)); !errors.Is(err, record.ErrFormat) {
		t.Errorf("error is %v of what is no record", err)
	}
}

func TestCoverShowsNothingElse(t *testing.T) {
	r := full()
	cover := record.Cover(record.Encode(r))
	r.Token.Access, r.Token.Refresh, r.Grant, r.Status = canary, canary, 7, messages.Alive
	if !bytes.Equal(cover, record.Cover(record.Encode(r))) {
		t.Error("the cover depends on more than the end of the refresh token")
	}
}

func TestSealedRecordIsNoRecord(t *testing.T) {
	if _, err := record.Decode(covered(record.Encode(full()))); !errors.Is(err, record.ErrFormat) {
		t.Errorf("error is %v", err)
	}
}

func FuzzSealed(f *testing.F) {
	f.Add(covered(record.Encode(full())))
	f.Add(covered(record.Encode(tombstone())))
	f.Add(covered([]byte("junk")))
	f.Add([]byte("hfs"))
	f.Fuzz(func(t *testing.T, b []byte) {
		cover, sealed, err := record.Uncover(b)
		if err != nil {
			if !errors.Is(err, record.ErrFormat) {
				t.Fatalf("error is %v", err)
			}
			return
		}
		if !bytes.Equal(b, append(cover, sealed...)) {
			t.Error("the two parts are not the whole")
		}
		end, err := record.End(b)
		if isDue, dueErr := record.Due(b, at(0)); isDue != (err == nil && !end.IsZero() && !end.After(at(0))) || (err == nil) != (dueErr == nil) {
			t.Errorf("it ends at %v, %v, and is due: %t, %v", end, err, isDue, dueErr)
		}
	})
}
