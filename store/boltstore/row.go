package boltstore

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/holdfast-go/holdfast/store"
)

// A row is what the bucket has under a key: the version of its layout, whether it is a
// tombstone, the revision, the operation, and the value.
const (
	rowVersion = 1

	rowGone  = 1
	rowRev   = 2
	rowOp    = rowRev + 8
	rowValue = rowOp + len(store.OpID{})
)

func rowOf(rev store.Rev, op store.OpID, value []byte, gone bool) []byte {
	row := make([]byte, rowValue, rowValue+len(value))
	row[0] = rowVersion
	if gone {
		row[rowGone] = 1
	}
	binary.BigEndian.PutUint64(row[rowRev:], uint64(rev))
	copy(row[rowOp:], op[:])
	return append(row, value...)
}

// entryOf returns the record that a row is; of no row, the zero Entry. It shares no memory
// with the row.
func entryOf(key string, row []byte) (store.Entry, error) {
	if row == nil {
		return store.Entry{}, nil
	}
	if row[0] != rowVersion || len(row) < rowValue || row[rowGone] > 1 {
		return store.Entry{}, fmt.Errorf("%w: its layout has version %d, this process reads version %d",
			store.ErrForeign, row[0], rowVersion)
	}
	return store.Entry{
		Key:   key,
		Value: slices.Clone(row[rowValue:]),
		Rev:   store.Rev(binary.BigEndian.Uint64(row[rowRev:])),
		Op:    store.OpID(row[rowOp:rowValue]),
		Gone:  row[rowGone] == 1,
	}, nil
}
