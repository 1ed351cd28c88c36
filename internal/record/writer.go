package record

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// writer appends fields. Its methods leave out a value that is zero.
type writer []byte

// open appends the length of what follows, which is not known yet: one byte, and close
// makes room for more of them.
func (w writer) open() writer { return append(w, 0) }

// close fills in the length that was opened at this place.
func (w writer) close(at int) writer {
	var length [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(length[:], uint64(len(w)-at-1))
	w[at] = length[0]
	return slices.Insert(w, at+1, length[1:n]...)
}

// begin begins a field whose content is again fields. What it ends with says whether
// one without any is left out.
func (w writer) begin(number byte) writer { return append(w, number).open() }

// end ends a field that began at this place, and takes it out if nothing is in it.
func (w writer) end(at int) writer {
	if len(w) == at+2 {
		return w[:at]
	}
	return w.close(at + 1)
}

// item appends a length and that many bytes.
func (w writer) item(content string) writer {
	w = binary.AppendUvarint(w, uint64(len(content)))
	return append(w, content...)
}

func (w writer) text(number byte, v string) writer {
	if v == "" {
		return w
	}
	return append(w, number).item(v)
}

func (w writer) digest(number byte, v messages.Digest) writer {
	if v == (messages.Digest{}) {
		return w
	}
	return append(append(w, number, byte(len(v))), v[:]...)
}

func (w writer) uint(number byte, v uint64) writer {
	if v == 0 {
		return w
	}
	at := len(w)
	w = binary.AppendUvarint(w.begin(number), v)
	return w.end(at)
}

func (w writer) int(number byte, v int64) writer {
	if v == 0 {
		return w
	}
	at := len(w)
	w = binary.AppendVarint(w.begin(number), v)
	return w.end(at)
}

func (w writer) bool(number byte, v bool) writer {
	if !v {
		return w
	}
	return w.uint(number, 1)
}

func (w writer) time(number byte, v time.Time) writer {
	if v.IsZero() {
		return w
	}
	at := len(w)
	w = binary.AppendVarint(w.begin(number), v.Unix())
	w = binary.AppendUvarint(w, uint64(v.Nanosecond()))
	return w.end(at)
}
