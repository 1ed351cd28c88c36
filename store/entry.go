package store

import (
	"fmt"
	"io"
	"log/slog"
)

// Entry is one revision of a key's record. Printed, logged or encoded it shows no
// value, for that holds tokens.
type Entry struct {
	Key   string
	Value []byte // belongs to who receives the Entry
	Rev   Rev    // never zero in an Entry that a store returns
	Op    OpID   // of the write; zero: it had none
	Gone  bool   // the record is a tombstone
}

// String describes the entry without its value.
func (e Entry) String() string {
	return fmt.Sprintf("entry key=%q rev=%d gone=%t value=%d bytes", e.Key, e.Rev, e.Gone, len(e.Value))
}

// Format writes String, whatever the verb.
func (e Entry) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.String()) }

// LogValue is String.
func (e Entry) LogValue() slog.Value { return slog.StringValue(e.String()) }

// MarshalJSON writes String as a JSON string. It cannot be read back.
func (e Entry) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "%q", e.String()), nil }

// Change is what a Watch reports.
type Change struct {
	Kind ChangeKind

	// Entry is what a Changed is about, whole; zero for Synced and Gap.
	Entry Entry
}

// ChangeKind says what a [Change] means. Zero is none of the kinds.
type ChangeKind uint8

const (
	// Synced says that from here on no change is missed, until a Gap.
	Synced ChangeKind = iota + 1

	// Changed says that a key has a newer record.
	Changed

	// Gap says that changes may have been missed, until Synced.
	Gap
)

// String returns the kind in lower case.
func (k ChangeKind) String() string {
	switch k {
	case Synced:
		return "synced"
	case Changed:
		return "changed"
	case Gap:
		return "gap"
	}
	return fmt.Sprintf("ChangeKind(%d)", uint8(k))
}
