package record

import (
	"encoding/binary"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// writer appends fields. All of its methods but field and item leave out a value
// that is zero.
type writer []byte

func (w *writer) field(number byte, content []byte) {
	*w = append(*w, number)
	w.item(content)
}

// item appends a length and that many bytes.
func (w *writer) item(content []byte) {
	*w = binary.AppendUvarint(*w, uint64(len(content)))
	*w = append(*w, content...)
}

func (w *writer) text(number byte, v []byte) {
	if len(v) > 0 {
		w.field(number, v)
	}
}

func (w *writer) digest(number byte, v messages.Digest) {
	if v != (messages.Digest{}) {
		w.field(number, v[:])
	}
}

func (w *writer) uint(number byte, v uint64) {
	if v != 0 {
		var b [binary.MaxVarintLen64]byte
		w.field(number, binary.AppendUvarint(b[:0], v))
	}
}

func (w *writer) int(number byte, v int64) {
	if v != 0 {
		var b [binary.MaxVarintLen64]byte
		w.field(number, binary.AppendVarint(b[:0], v))
	}
}

func (w *writer) bool(number byte, v bool) {
	if v {
		w.uint(number, 1)
	}
}

func (w *writer) time(number byte, v time.Time) {
	if !v.IsZero() {
		var b [2 * binary.MaxVarintLen64]byte
		seconds := binary.AppendVarint(b[:0], v.Unix())
		w.field(number, binary.AppendUvarint(seconds, uint64(v.Nanosecond())))
	}
}
