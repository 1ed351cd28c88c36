package redisstore

import (
	"encoding/binary"
	"fmt"

	"github.com/holdfast-go/holdfast/store"
)

// A row is what is kept of a session: the version of its layout, whether it is a
// tombstone, the revision, the operation, and the value. swap.lua puts the revision in.
const (
	rowVersion = 1

	rowGone  = 1
	rowRev   = 2
	rowOp    = rowRev + 8
	rowValue = rowOp + len(store.OpID{})
)

// entryOf returns the record that a row is.
func entryOf(key, row string) (store.Entry, error) {
	if len(row) < rowValue || row[0] != rowVersion || row[rowGone] > 1 {
		return store.Entry{}, fmt.Errorf("%w: it is no row of version %d; use the version of the program that wrote it, or a newer one",
			store.ErrForeign, rowVersion)
	}
	return store.Entry{
		Key:   key,
		Value: []byte(row[rowValue:]),
		Rev:   revOf(row[rowRev:rowOp]),
		Op:    store.OpID([]byte(row[rowOp:rowValue])),
		Gone:  row[rowGone] == 1,
	}, nil
}

// rowOf returns the row that a record is.
func rowOf(e store.Entry) []byte {
	row := make([]byte, 0, rowValue+len(e.Value))
	gone := byte(0)
	if e.Gone {
		gone = 1
	}
	row = append(row, rowVersion, gone)
	row = binary.BigEndian.AppendUint64(row, uint64(e.Rev))
	row = append(row, e.Op[:]...)
	return append(row, e.Value...)
}

// revOf returns the revision that eight bytes of a row are.
func revOf(b string) store.Rev { return store.Rev(binary.BigEndian.Uint64([]byte(b))) }

func bytesOf(rev store.Rev) []byte { return binary.BigEndian.AppendUint64(nil, uint64(rev)) }
