package record

import "time"

// Due reports whether the refresh token of the record that was encoded as b is known
// to end at due or before. A zero due is for every record, and then b is not read.
// Of a sealed record it believes the cover.
func Due(b []byte, due time.Time) (bool, error) {
	if due.IsZero() {
		return true, nil
	}
	end, err := End(b)
	if err != nil {
		return false, err
	}
	return !end.IsZero() && !end.After(due), nil
}

// End returns when the refresh token of the record that was encoded as b ends; zero:
// nobody knows. Of a sealed record it believes the cover.
func End(b []byte) (time.Time, error) {
	if isSealed(b) {
		cover, _, err := Uncover(b)
		if err != nil {
			return time.Time{}, err
		}
		return shownEnd(cover)
	}
	r, err := Decode(b)
	return r.Token.RefreshExpiry, err
}
