package sealed_test

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"

	"github.com/holdfast-go/holdfast/internal/record"
	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/store"
	"github.com/holdfast-go/holdfast/store/boltstore"
	"github.com/holdfast-go/holdfast/store/sealed"
	"github.com/holdfast-go/holdfast/store/storetest"
)

// canary is in every token of these tests.
const canary = "canary-5c1e8"

func value() []byte {
	return record.Encode(messages.Record{Grant: 1, Generation: 1, Token: messages.Token{
		Access: canary + "-at", Refresh: canary + "-rt",
	}})
}

func newRing(t *testing.T) *keyset.Handle {
	t.Helper()
	ring, err := keyset.NewHandle(aead.XChaCha20Poly1305KeyTemplate())
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func seals(t *testing.T, inner store.Store, ring *keyset.Handle) store.Store {
	t.Helper()
	s, err := sealed.Open(inner, ring)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var lastOp byte

func swaps(t *testing.T, s store.Store, key string, prev store.Rev, value []byte, gone bool) store.Rev {
	t.Helper()
	lastOp++
	rev, err := s.Swap(t.Context(), key, prev, value, gone, store.OpID{lastOp})
	if err != nil {
		t.Fatal(err)
	}
	return rev
}

func loads(t *testing.T, s store.Store, key string) store.Entry {
	t.Helper()
	e, err := s.Load(t.Context(), key, 0)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// isForeign expects that a record does not open, for a reason in these words, and that
// it is as it was.
func isForeign(t *testing.T, inner store.Store, ring *keyset.Handle, key string, words ...string) {
	t.Helper()
	was := loads(t, inner, key)
	s := seals(t, inner, ring)
	e, err := s.Load(t.Context(), key, 0)
	if !errors.Is(err, store.ErrForeign) || e.Rev != 0 || e.Value != nil {
		t.Fatalf("loaded %v, %v", e, err)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the error %q does not say %q", err, word)
		}
	}
	keepsSecret(t, err)
	if _, err := s.Swap(t.Context(), key, 0, value(), false, store.OpID{0xff}); !errors.Is(err, store.ErrConflict) {
		t.Errorf("Swap over it: %v", err)
	}
	if now := loads(t, inner, key); now.Rev != was.Rev || !bytes.Equal(was.Value, now.Value) {
		t.Errorf("%v has become %v", was, now)
	}
}

// keepsSecret expects that no secret is printed with v.
func keepsSecret(t *testing.T, v any) {
	t.Helper()
	if text := fmt.Sprintf("%v %+v %#v %s", v, v, v, v); strings.Contains(text, canary) {
		t.Error("a secret is printed")
	}
}

func TestSealedMemoryKeepsTheContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Place {
		ring, memory := newRing(t), store.NewSharedMemory()
		return storetest.Place{Open: func() (store.Store, error) { return sealed.Open(memory, ring) }}
	})
}

func TestSealedBoltKeepsTheContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Place {
		ring, path := newRing(t), filepath.Join(t.TempDir(), "sessions.db")
		return storetest.Place{Open: func() (store.Store, error) {
			bolt, err := boltstore.Open(path, boltstore.Options{})
			if err != nil {
				return nil, err
			}
			return sealed.Open(bolt, ring)
		}}
	})
}

// bare is a store that can do nothing but what every store can.
type bare struct{ store.Store }

func TestSealedStoreCanDoWhatTheInnerOneCan(t *testing.T) {
	for name, inner := range map[string]store.Store{
		"neither":    bare{store.NewMemory()},
		"lists":      store.NewSharedMemory(),
		"is owned":   store.Adapt(func(string) store.Classic { return nil }),
		"can do all": store.NewMemory(),
	} {
		s := seals(t, inner, newRing(t))
		_, lists := inner.(store.Lister)
		_, owns := inner.(store.Exclusive)
		if _, ok := s.(store.Lister); ok != lists {
			t.Errorf("%s: lists is %t", name, ok)
		}
		if _, ok := s.(store.Exclusive); ok != owns {
			t.Errorf("%s: exclusive is %t", name, ok)
		}
	}
}

func TestInnerStoreSeesNoSecret(t *testing.T) {
	inner := store.NewSharedMemory()
	swaps(t, seals(t, inner, newRing(t)), "k", 0, value(), false)
	if e := loads(t, inner, "k"); bytes.Contains(e.Value, []byte(canary)) {
		t.Error("the value is there to be read")
	}
}

// What is printed of a store must not be its keys either, which a struct that is printed
// field by field would show.
func TestStorePrintsItsNameOnly(t *testing.T) {
	for _, inner := range []store.Store{bare{store.NewMemory()}, store.NewMemory(), store.NewSharedMemory()} {
		s := seals(t, inner, newRing(t))
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
			if got := fmt.Sprintf(verb, s); got != "sealed store" {
				t.Errorf("%s prints %d bytes and not the name", verb, len(got))
			}
		}
	}
}

func TestValueThatWasNotSealedIsForeign(t *testing.T) {
	inner := store.NewSharedMemory()
	swaps(t, inner, "k", 0, value(), false)
	isForeign(t, inner, newRing(t), "k", "not sealed", "remove the record")
}

func TestValueOfAnUnknownKeyIsForeign(t *testing.T) {
	inner := store.NewSharedMemory()
	theirs, ours := newRing(t), newRing(t)
	swaps(t, seals(t, inner, theirs), "k", 0, value(), false)
	isForeign(t, inner, ours, "k",
		fmt.Sprint("sealed by key ", theirs.KeysetInfo().GetPrimaryKeyId()),
		fmt.Sprint("the key ring has [", ours.KeysetInfo().GetPrimaryKeyId()),
		"use a ring that has it")
}

func TestValueOfADisabledKeyIsForeign(t *testing.T) {
	inner := store.NewSharedMemory()
	ring := newRing(t)
	swaps(t, seals(t, inner, ring), "k", 0, value(), false)
	old := ring.KeysetInfo().GetPrimaryKeyId()
	isForeign(t, inner, changed(t, rotated(t, ring), func(m *keyset.Manager) error { return m.Disable(old) }), "k",
		fmt.Sprint("sealed by key ", old))
}

// spoil writes what change makes of a sealed record, over it.
func spoil(t *testing.T, inner store.Store, key string, change func(*store.Entry)) {
	t.Helper()
	e := loads(t, inner, key)
	change(&e)
	swaps(t, inner, key, e.Rev, e.Value, e.Gone)
}

func TestValueThatWasSpoiltIsForeign(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*store.Entry)
		words  string
	}{
		"a newer format":      {func(e *store.Entry) { e.Value[3] = 2 }, "sealed in version 2, this process opens version 1; use the version"},
		"another end":         {func(e *store.Entry) { e.Value[4] = 1 }, "does not open it"},
		"another end's nanos": {func(e *store.Entry) { e.Value[16]++ }, "does not open it"},
		"no prefix of Tink's": {func(e *store.Entry) { e.Value[17] = 0 }, "does not say by which key"},
		"another ciphertext":  {func(e *store.Entry) { e.Value[len(e.Value)-1]++ }, "does not open it"},
		"no end":              {func(e *store.Entry) { e.Value = e.Value[:len(e.Value)-1] }, "does not open it"},
		"a piece of the id":   {func(e *store.Entry) { e.Value = e.Value[:20] }, "does not say by which key"},
		"the cover only":      {func(e *store.Entry) { e.Value = e.Value[:17] }, "cut short"},
		"a piece of it":       {func(e *store.Entry) { e.Value = e.Value[:3] }, "cut short"},
		"a tombstone":         {func(e *store.Entry) { e.Gone = true }, "does not open it"},
	} {
		t.Run(name, func(t *testing.T) {
			inner, ring := store.NewSharedMemory(), newRing(t)
			swaps(t, seals(t, inner, ring), "k", 0, value(), false)
			spoil(t, inner, "k", test.change)
			isForeign(t, inner, ring, "k", test.words)
		})
	}
}

func TestRowsThatWereSwappedAreForeign(t *testing.T) {
	inner, ring := store.NewSharedMemory(), newRing(t)
	s := seals(t, inner, ring)
	swaps(t, s, "alice", 0, value(), false)
	swaps(t, s, "bob", 0, value(), false)
	alice, bob := loads(t, inner, "alice").Value, loads(t, inner, "bob").Value
	spoil(t, inner, "alice", func(e *store.Entry) { e.Value = bob })
	spoil(t, inner, "bob", func(e *store.Entry) { e.Value = alice })
	isForeign(t, inner, ring, "alice", "moved here from another key", "remove the record")
	isForeign(t, inner, ring, "bob", "moved here from another key")
}

// A watcher hears of a record that does not open, and gets nothing of it that somebody
// without the key can have written.
func TestWatchTellsOfWhatDoesNotOpen(t *testing.T) {
	inner := store.NewSharedMemory()
	s := seals(t, inner, newRing(t))
	var heard []store.Entry
	ends := errors.New("heard")
	err := s.Watch(t.Context(), func(c store.Change) {
		switch c.Kind {
		case store.Synced:
			swaps(t, inner, "forged", 0, value(), true)
			swaps(t, s, "sealed", 0, value(), false)
		case store.Changed:
			if heard = append(heard, c.Entry); len(heard) == 2 {
				ends = s.Close()
			}
		case store.Gap:
		}
	})
	if !errors.Is(err, store.ErrClosed) || ends != nil || len(heard) != 2 {
		t.Fatalf("heard %v, %v, %v", heard, err, ends)
	}
	if e := heard[0]; e.Key != "forged" || e.Rev != 1 || e.Value != nil || e.Gone {
		t.Errorf("told %v of what does not open", e)
	}
	if e := heard[1]; e.Key != "sealed" || !bytes.Equal(value(), e.Value) {
		t.Errorf("told %v of what opens", e)
	}
}

func TestStoreThatLooksIntoValuesTakesNone(t *testing.T) {
	s := seals(t, store.Adapt(func(string) store.Classic { return nil }), newRing(t))
	_, err := s.Swap(t.Context(), "k", 0, value(), false, store.OpID{1})
	if !errors.Is(err, store.ErrForeign) || !strings.Contains(err.Error(), "sealed") {
		t.Errorf("error is %v", err)
	}
	keepsSecret(t, err)
}

// narrow takes short values only.
type narrow struct {
	store.Store
	most int
}

func (n narrow) Caps() store.Caps { return store.Caps{MaxValue: n.most} }

func TestStoreThatIsTooNarrowIsRefused(t *testing.T) {
	if _, err := sealed.Open(narrow{store.NewMemory(), 50}, newRing(t)); !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("error is %v", err)
	}
}
