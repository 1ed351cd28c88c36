package store_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/internal/record"
	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/store"
)

// token is one that somebody else has put into a classic store.
func token(name string, issued time.Time) messages.Token {
	return messages.Token{
		Access:  messages.Secret("at-" + name),
		Refresh: messages.Secret("rt-" + name),
		Issued:  issued,
		Expiry:  issued.Add(time.Hour),
	}
}

func decoded(t *testing.T, e store.Entry) messages.Record {
	t.Helper()
	r, err := record.Decode(e.Value)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAdaptedStorePromisesLittle(t *testing.T) {
	s := shelf()
	want := store.Caps{Tombstones: store.Forever}
	if diff := cmp.Diff(want, s.Caps()); diff != "" {
		t.Errorf("Caps (-want +got):\n%s", diff)
	}
	release, err := s.(store.Exclusive).Own()
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.(store.Exclusive).Own()
	fails(t, store.ErrOwned, err)
	release()
}

func TestTokenOfSomebodyElseIsANewGeneration(t *testing.T) {
	c := &slot{token: token("first", noon)}
	s := adapts(c)
	e := loads(t, s, key, 0)
	want := messages.Record{Grant: 1, Generation: 1, Token: token("first", noon), Written: noon}
	if diff := cmp.Diff(want, decoded(t, e)); diff != "" {
		t.Errorf("first (-want +got):\n%s", diff)
	}
	same(t, e, loads(t, s, key, e.Rev))

	rev := swaps(t, s, key, e.Rev, alive(7), false)
	c.puts(token("second", noon.Add(time.Minute)))
	e = loads(t, s, key, rev+1)
	want = messages.Record{
		Grant: 1, Generation: 8,
		Token: token("second", noon.Add(time.Minute)), Written: noon.Add(time.Minute),
	}
	if diff := cmp.Diff(want, decoded(t, e)); diff != "" {
		t.Errorf("second (-want +got):\n%s", diff)
	}
	_, err := s.Swap(t.Context(), key, rev, alive(8), false, newOp())
	fails(t, store.ErrConflict, err)
}

func TestOneHalfOfThePairMakesANewToken(t *testing.T) {
	for _, change := range []func(*messages.Token){
		func(t *messages.Token) { t.Access = "other" },
		func(t *messages.Token) { t.Refresh = "other" },
	} {
		c := &slot{token: token("first", noon)}
		s := adapts(c)
		e := loads(t, s, key, 0)
		other := token("first", noon)
		change(&other)
		c.puts(other)
		if got := loads(t, s, key, 0).Rev; got <= e.Rev {
			t.Errorf("another token has revision %d after %d", got, e.Rev)
		}
	}
}

func TestTokenThatCameThroughTokenInfoIsTheSame(t *testing.T) {
	c := new(slot)
	s := adapts(c)
	rev := swaps(t, s, key, 0, alive(1), false)
	info, err := messages.ParseTokenInfo(c.has().TokenInfo())
	if err != nil {
		t.Fatal(err)
	}
	c.puts(info)
	e := loads(t, s, key, 0)
	if diff := cmp.Diff(alive(1), e.Value); e.Rev != rev || diff != "" {
		t.Errorf("revision %d became %d (-want +got):\n%s", rev, e.Rev, diff)
	}
}

func TestOnlyALivingTokenIsWritten(t *testing.T) {
	tok := token("kept", noon)
	for _, test := range []struct {
		name   string
		record messages.Record
		gone   bool
		want   messages.Token
	}{
		{"alive", messages.Record{Token: tok}, false, tok},
		{"alive without a token", messages.Record{Renewer: "web-1"}, false, messages.Token{}},
		{"dead", messages.Record{Token: tok, Status: messages.Dead}, false, messages.Token{}},
		{"revoking", messages.Record{Token: tok, Status: messages.Revoking}, true, messages.Token{}},
		{"gone", messages.Record{Status: messages.Gone}, true, messages.Token{}},
		{"gone by its mark alone", messages.Record{Token: tok}, true, messages.Token{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := new(slot)
			s := adapts(c)
			rev := swaps(t, s, key, 0, alive(1), false)
			rev = swaps(t, s, key, rev, record.Encode(test.record), test.gone)
			if diff := cmp.Diff(test.want, c.has()); diff != "" {
				t.Errorf("the classic store has (-want +got):\n%s", diff)
			}
			if got := loads(t, s, key, rev); got.Gone != test.gone || got.Rev != rev {
				t.Errorf("loaded %v", got)
			}
		})
	}
}

func TestRevokedTokenStaysRevoked(t *testing.T) {
	c := new(slot)
	s := adapts(c)
	rev := swaps(t, s, key, 0, alive(1), false)
	revoked := c.has()
	rev = swaps(t, s, key, rev, tombstone(), true)
	for _, back := range []messages.Token{revoked, token("older", noon.Add(-1)), token("ageless", time.Time{})} {
		c.puts(back)
		if e := loads(t, s, key, 0); !e.Gone || e.Rev != rev {
			t.Errorf("%v came back as %v", back, e)
		}
	}
	c.puts(token("login", noon.Add(time.Second)))
	e := loads(t, s, key, rev+1)
	if r := decoded(t, e); e.Gone || r.Grant != 2 || r.Generation != 1 {
		t.Errorf("after a new login: %v, grant %d, generation %d", e, r.Grant, r.Generation)
	}
}

func TestDeadRecordYieldsToAnotherToken(t *testing.T) {
	c := new(slot)
	s := adapts(c)
	rev := swaps(t, s, key, 0, alive(1), false)
	denied := c.has()
	dead := messages.Record{Grant: 1, Generation: 1, Token: denied, Status: messages.Dead, Written: noon}
	rev = swaps(t, s, key, rev, record.Encode(dead), false)
	c.puts(denied)
	if e := loads(t, s, key, 0); e.Rev != rev {
		t.Errorf("the denied token came back as %v", e)
	}
	c.puts(token("renewed elsewhere", noon.Add(-time.Minute)))
	r := decoded(t, loads(t, s, key, rev+1))
	if r.Status != messages.Alive || r.Grant != 1 || r.Generation != 2 {
		t.Errorf("status %d, grant %d, generation %d", r.Status, r.Grant, r.Generation)
	}
}

func TestRemovedTokenIsNotFoundAndRevisionsGoOn(t *testing.T) {
	c := new(slot)
	s := adapts(c)
	rev := swaps(t, s, key, 0, alive(1), false)
	c.puts(messages.Token{})
	for _, min := range []store.Rev{0, rev} {
		_, err := s.Load(t.Context(), key, min)
		fails(t, store.ErrNotFound, err)
	}
	_, err := s.Swap(t.Context(), key, rev, alive(2), false, newOp())
	fails(t, store.ErrConflict, err)
	if next := swaps(t, s, key, 0, alive(2), false); next <= rev {
		t.Errorf("revision %d follows %d", next, rev)
	}
}

func TestFirstSwapSeesWhatIsThere(t *testing.T) {
	c := &slot{token: token("there", noon)}
	_, err := adapts(c).Swap(t.Context(), key, 0, alive(1), false, newOp())
	fails(t, store.ErrConflict, err)
	if diff := cmp.Diff(token("there", noon), c.has()); diff != "" {
		t.Errorf("it was overwritten (-want +got):\n%s", diff)
	}
}

func TestAdaptRefusesWhatIsNoRecord(t *testing.T) {
	c := new(slot)
	_, err := adapts(c).Swap(t.Context(), key, 0, []byte("sealed"), false, newOp())
	fails(t, store.ErrForeign, err)
	fails(t, record.ErrFormat, err)
	if c.writes+c.clears != 0 {
		t.Error("the classic store was called")
	}
}

func TestWatchTellsWhatALoadFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &slot{token: token("found", noon)}
		s := adapts(c)
		w := watches(t, s)
		e := loads(t, s, key, 0)
		same(t, e, w.next().Entry)
		w.stop()
	})
}

var errBroken = errors.New("broken: rt-secret")

func breaks(context.Context) error { return errBroken }

func TestErrorsOfAClassicStoreAreSorted(t *testing.T) {
	panics := func(context.Context) error { panic("rt-secret") }
	exits := func(context.Context) error { runtime.Goexit(); return nil }
	for _, test := range []struct {
		name string
		slot *slot
		want error
		text string
	}{
		{"read", &slot{onRead: breaks}, store.ErrUnavailable, "the classic store failed"},
		{"write", &slot{onWrite: breaks}, store.ErrUnknown, "the classic store failed"},
		{"read panics", &slot{onRead: panics}, store.ErrUnavailable, "the classic store panicked"},
		{"write panics", &slot{onWrite: panics}, store.ErrUnknown, "the classic store panicked"},
		{"write exits", &slot{onWrite: exits}, store.ErrUnknown, "the classic store panicked"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := adapts(test.slot).Swap(t.Context(), key, 0, alive(1), false, newOp())
			fails(t, test.want, err)
			if diff := cmp.Diff(test.want.Error()+": "+test.text, err.Error()); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
			if strings.Contains(fmt.Sprintf("%+v %#v", err, err), "rt-secret") {
				t.Error("the error shows what the classic store said")
			}
			if strings.HasSuffix(test.text, "failed") {
				fails(t, errBroken, err)
			}
		})
	}
}

func TestClearThatFailsIsOpen(t *testing.T) {
	c := new(slot)
	s := adapts(c)
	rev := swaps(t, s, key, 0, alive(1), false)
	c.onClear = breaks
	op := newOp()
	_, err := s.Swap(t.Context(), key, rev, tombstone(), true, op)
	fails(t, store.ErrUnknown, err)
	c.onClear = nil
	e := loads(t, s, key, rev+1) // the slot was empty: it had landed
	same(t, store.Entry{Key: key, Value: tombstone(), Rev: e.Rev, Op: op, Gone: true}, e)
}

func TestWriteThatLandedInSpiteOfItsErrorIsRecognised(t *testing.T) {
	c := &slot{onWrite: breaks}
	s := adapts(c)
	op := newOp()
	_, err := s.Swap(t.Context(), key, 0, alive(1), false, op)
	fails(t, store.ErrUnknown, err)
	e := loads(t, s, key, 0)
	same(t, store.Entry{Key: key, Value: alive(1), Rev: e.Rev, Op: op}, e)
	rev, err := s.Swap(t.Context(), key, 0, alive(1), false, op)
	if err != nil || rev != e.Rev {
		t.Errorf("sent again: %d, %v; it had landed as %d", rev, err, e.Rev)
	}
	if c.writes != 1 {
		t.Errorf("it was written %d times", c.writes)
	}
}

func TestWriteThatDidNotLandIsWrittenAgain(t *testing.T) {
	c := &slot{onWrite: breaks}
	s := adapts(c)
	op := newOp()
	_, err := s.Swap(t.Context(), key, 0, alive(1), false, op)
	fails(t, store.ErrUnknown, err)
	c.puts(messages.Token{})
	c.onWrite = nil
	_, err = s.Load(t.Context(), key, 0)
	fails(t, store.ErrNotFound, err)
	if _, err = s.Swap(t.Context(), key, 0, alive(1), false, op); err != nil || c.writes != 2 {
		t.Errorf("sent again: %v, after %d writes", err, c.writes)
	}
}

// The resend has been told that the write will not land. If its token turns up all
// the same, it is somebody else's.
func TestOpenWriteThatWasOvertakenDoesNotLand(t *testing.T) {
	for name, overtake := range map[string]messages.Token{
		"by another token": token("other", noon),
		"by a removal":     {},
	} {
		t.Run(name, func(t *testing.T) {
			c := new(slot)
			s := adapts(c)
			rev := swaps(t, s, key, 0, alive(1), false)
			c.onWrite = breaks
			op := newOp()
			_, err := s.Swap(t.Context(), key, rev, alive(2), false, op)
			fails(t, store.ErrUnknown, err)
			late := c.has()

			c.puts(overtake)
			_, _ = s.Load(t.Context(), key, 0)
			_, err = s.Swap(t.Context(), key, rev, alive(2), false, op)
			fails(t, store.ErrConflict, err)
			c.puts(late)
			if e := loads(t, s, key, rev+1); e.Op == op {
				t.Errorf("it landed as %v", e)
			}
		})
	}
}

func TestMissingClassicStoreIsUnavailableUntilItIsThere(t *testing.T) {
	var c store.Classic
	calls := 0
	s := store.Adapt(func(string) store.Classic {
		if calls++; calls == 1 {
			panic("not yet")
		}
		return c
	})
	want := []string{
		"store: unavailable: the classic store panicked",
		"store: unavailable: there is no classic store for this key",
	}
	for _, text := range want {
		_, err := s.Load(t.Context(), key, 0)
		fails(t, store.ErrUnavailable, err)
		if diff := cmp.Diff(text, err.Error()); diff != "" {
			t.Errorf("text (-want +got):\n%s", diff)
		}
	}
	c = new(slot)
	swaps(t, s, key, 0, alive(1), false)
	loads(t, s, key, 0)
	if calls != 3 {
		t.Errorf("opened %d times", calls)
	}
}
