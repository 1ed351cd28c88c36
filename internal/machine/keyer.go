package machine

import (
	"net/netip"
	"strconv"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// Keyer writes a canonical text: of sessions, and of the world around them. Two worlds
// that come to the same text have the same future.
type Keyer struct {
	Now   time.Time
	Names Names // nil: everything goes by its own name
	Text  []byte

	Without string // what has this name is left out, so that it shows what it is in the key for; empty: nothing
}

// Names calls what only its place among others matters of by that place, so that
// worlds that differ in mere numbers have one key. Zero stays zero.
type Names interface {
	Caller(Caller) uint64
	Leaf(uint64) uint64
	Renewal(owner string, number uint64) uint64
	Rev(messages.Rev) uint64
	Op(messages.OpID) uint64
	Secret(messages.Secret) uint64

	// Order is the place of a moment among those that records and tokens are
	// compared by: when they were written, and when they were issued.
	Order(time.Time) uint64

	// Wait is what is left of a wait, as far as anybody can tell it from another.
	Wait(time.Duration) time.Duration
}

// Number adds numbers behind a name.
func (k *Keyer) Number(name string, vs ...uint64) { k.list(name, vs...) }

// Moment adds a moment.
func (k *Keyer) Moment(name string, t time.Time) { k.at(name, t) }

// Until adds a moment that is only waited for.
func (k *Keyer) Until(name string, t time.Time) { k.until(name, t) }

// Bool adds a name if it holds.
func (k *Keyer) Bool(name string, holds bool) {
	if holds && name != k.Without {
		k.Text = append(append(k.Text, ' '), name...)
	}
}

func (k *Keyer) list(name string, vs ...uint64) {
	if name == k.Without {
		return
	}
	k.Text = append(append(k.Text, '\n'), name...)
	for _, v := range vs {
		k.Text = strconv.AppendUint(append(k.Text, ' '), v, 10)
	}
}

func (k *Keyer) word(words ...string) {
	for _, w := range words {
		k.Text = append(append(strconv.AppendInt(append(k.Text, ' '), int64(len(w)), 10), ':'), w...)
	}
}

func (k *Keyer) ip(ip netip.Addr) {
	if ip.IsValid() {
		k.word(ip.String())
	}
}

// at adds a moment as it lies from now.
func (k *Keyer) at(name string, t time.Time) {
	if !t.IsZero() {
		k.moment(name, t.Sub(k.Now))
	}
}

// until adds a moment that is only waited for: it has come or it has not.
func (k *Keyer) until(name string, t time.Time) {
	if t.IsZero() {
		return
	}
	left := max(0, t.Sub(k.Now))
	if k.Names != nil {
		left = k.Names.Wait(left)
	}
	k.moment(name, left)
}

// since adds a moment that matters for a while.
func (k *Keyer) since(name string, t time.Time, while time.Duration) {
	if !t.IsZero() {
		k.moment(name, max(-while, t.Sub(k.Now)))
	}
}

func (k *Keyer) moment(name string, from time.Duration) {
	if name == k.Without {
		return
	}
	k.Text = strconv.AppendInt(append(append(append(k.Text, ' '), name...), '@'), int64(from), 10)
}

// order adds a moment that is compared with others of its kind.
func (k *Keyer) order(name string, t time.Time) {
	if k.Names == nil {
		k.at(name, t)
		return
	}
	k.list(name, k.Names.Order(t))
}

func (k *Keyer) caller(c Caller) uint64 {
	if k.Names == nil || c == 0 {
		return uint64(c)
	}
	return k.Names.Caller(c)
}

func (k *Keyer) leaf(n uint64) uint64 {
	if k.Names == nil || n == 0 {
		return n
	}
	return k.Names.Leaf(n)
}

func (k *Keyer) renewal(owner string, n uint64) uint64 {
	if k.Names == nil || n == 0 {
		return n
	}
	return k.Names.Renewal(owner, n)
}

func (k *Keyer) rev(r messages.Rev) uint64 {
	if k.Names == nil || r == 0 {
		return uint64(r)
	}
	return k.Names.Rev(r)
}

func (k *Keyer) op(op messages.OpID) uint64 {
	if k.Names == nil {
		k.word(string(op[:]))
		return 0
	}
	return k.Names.Op(op)
}

func (k *Keyer) secret(s messages.Secret) uint64 {
	if k.Names == nil {
		k.word(s.Reveal())
		return 0
	}
	if s == "" {
		return 0
	}
	return k.Names.Secret(s)
}
