package natsstore

import (
	"fmt"

	"github.com/holdfast-go/holdfast/store"
)

// A row is what is kept of a session: the version of its layout, whether it is a
// tombstone, the operation, and the value. Its revision is the sequence of the message.
const (
	rowVersion = 1

	rowGone  = 1
	rowOp    = 2
	rowValue = rowOp + len(store.OpID{})
)

func rowOf(value []byte, gone bool, op store.OpID) []byte {
	row := make([]byte, rowValue, rowValue+len(value))
	row[0] = rowVersion
	if gone {
		row[rowGone] = 1
	}
	copy(row[rowOp:], op[:])
	return append(row, value...)
}

// entryOf returns the record that a row is. The entry's value is part of the row.
func entryOf(key string, rev uint64, row []byte) (store.Entry, error) {
	if len(row) < rowValue || row[0] != rowVersion || row[rowGone] > 1 {
		return store.Entry{}, fmt.Errorf("%w: it is no row of version %d; use the version of the program that wrote it, or a newer one",
			store.ErrForeign, rowVersion)
	}
	return store.Entry{
		Key:   key,
		Value: row[rowValue:],
		Rev:   store.Rev(rev),
		Op:    store.OpID(row[rowOp:rowValue]),
		Gone:  row[rowGone] == 1,
	}, nil
}
