package record

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// reader takes fields off the front of rest and reads their contents. The first
// thing that is wrong stays in err; what is read after it means nothing.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) more() bool { return r.err == nil && len(r.rest) > 0 }

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *reader) unknown(what string, number byte) {
	r.fail(fmt.Errorf("%w: field %d of a %s is not known to this process", ErrFormat, number, what))
}

func (r *reader) damaged(what string) {
	r.fail(fmt.Errorf("%w: %s is damaged", ErrFormat, what))
}

// field returns the next field; number 0, which no field has, if there is none.
func (r *reader) field() (number byte, content []byte) {
	number, r.rest = r.rest[0], r.rest[1:]
	content = r.item()
	if r.err != nil {
		return 0, nil
	}
	return number, content
}

// item returns as many bytes as the length before them says, if they are there.
func (r *reader) item() []byte {
	length, n := binary.Uvarint(r.rest)
	if n <= 0 || length > uint64(len(r.rest)-n) {
		r.damaged("a length")
		return nil
	}
	content := r.rest[n:][:length]
	r.rest = r.rest[n:][length:]
	return content
}

func (r *reader) uint(content []byte) uint64 {
	v, n := binary.Uvarint(content)
	if n <= 0 {
		r.damaged("a number")
	}
	return v
}

func (r *reader) int(content []byte) int64 {
	v, n := binary.Varint(content)
	if n <= 0 {
		r.damaged("a number")
	}
	return v
}

// atMost refuses a value that a newer version may have given a meaning.
func (r *reader) atMost(content []byte, highest uint64) uint64 {
	v := r.uint(content)
	if v > highest {
		r.fail(fmt.Errorf("%w: a status or verdict is not known to this process", ErrFormat))
		return 0
	}
	return v
}

func (r *reader) bool(content []byte) bool { return r.atMost(content, 1) == 1 }

func (r *reader) duration(content []byte) time.Duration { return time.Duration(r.int(content)) }

func (r *reader) time(content []byte) time.Time {
	seconds, n := binary.Varint(content)
	if n <= 0 {
		r.damaged("a time")
		return time.Time{}
	}
	nanoseconds := r.uint(content[n:])
	if nanoseconds >= uint64(time.Second) {
		r.damaged("a time")
		return time.Time{}
	}
	return time.Unix(seconds, int64(nanoseconds)).UTC()
}

func (r *reader) digest(content []byte) messages.Digest {
	if len(content) != len(messages.Digest{}) {
		r.damaged("a digest")
		return messages.Digest{}
	}
	return messages.Digest(content)
}

func (r *reader) list(content []byte) []string {
	texts := []string{}
	in := reader{rest: content}
	for in.more() {
		texts = append(texts, string(in.item()))
	}
	r.fail(in.err)
	return texts
}

func (r *reader) pairs(content []byte) map[string]string {
	m := map[string]string{}
	in := reader{rest: content}
	for in.more() {
		name := string(in.item())
		m[name] = string(in.item())
	}
	r.fail(in.err)
	return m
}
