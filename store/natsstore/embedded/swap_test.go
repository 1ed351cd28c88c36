package embedded_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/holdfast-go/holdfast/store"
	"github.com/holdfast-go/holdfast/store/natsstore"
	"github.com/holdfast-go/holdfast/store/natsstore/embedded"
	"github.com/holdfast-go/holdfast/store/storetest"
)

// subject is that of a key's record in the bucket that has no name.
func subject(key string) string {
	return "$KV.holdfast." + base64.RawURLEncoding.EncodeToString([]byte(key))
}

// sendsIntoTheVoid sends a write over a line that is cut, and leaves when it is on its
// way.
func sendsIntoTheVoid(t *testing.T, line *storetest.Line, s store.Store, prev store.Rev, op store.OpID) {
	t.Helper()
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	line.OnHeld(func(b []byte) {
		if bytes.Contains(b, []byte("late")) {
			leave()
		}
	})
	rev, err := s.Swap(ctx, "k", prev, []byte("late"), false, op)
	if !errors.Is(err, store.ErrUnknown) || !errors.Is(err, context.Canceled) {
		t.Fatalf("Swap: %d, %v", rev, err)
	}
}

func TestWriteThatLandsLateIsFoundBySendingAgain(t *testing.T) {
	srv := starts(t, embedded.Options{Listen: "127.0.0.1:0"})
	line := lineTo(t, srv)
	s, other := opens(t, urlOf(line), natsstore.Options{}), opens(t, srv.URL(), natsstore.Options{})
	mend := line.Cut()
	sendsIntoTheVoid(t, line, s, 0, store.OpID{9})
	if _, err := other.Load(t.Context(), "k", 0); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("while it is open Load answers %v", err)
	}
	mend()
	landed, err := s.Swap(t.Context(), "k", 0, []byte("late"), false, store.OpID{9})
	if err != nil {
		t.Fatalf("sent again: %v", err)
	}
	if e, err := other.Load(t.Context(), "k", landed); err != nil || e.Rev != landed || string(e.Value) != "late" {
		t.Errorf("loaded %v, %v", e, err)
	}
}

func TestWriteThatIsOvertakenDoesNotLandLate(t *testing.T) {
	srv := starts(t, embedded.Options{Listen: "127.0.0.1:0"})
	line := lineTo(t, srv)
	s, other := opens(t, urlOf(line), natsstore.Options{}), opens(t, srv.URL(), natsstore.Options{})
	mend := line.Cut()
	sendsIntoTheVoid(t, line, s, 0, store.OpID{9})
	rev := swaps(t, other, "k", 0, false)
	mend()
	if _, err := s.Swap(t.Context(), "k", 0, []byte("late"), false, store.OpID{9}); !errors.Is(err, store.ErrConflict) {
		t.Errorf("sent again: %v", err)
	}
	if e, err := other.Load(t.Context(), "k", 0); err != nil || e.Rev != rev {
		t.Errorf("loaded %v, %v", e, err)
	}
}

// The server knows for two minutes what it has written; the record knows it for good.
func TestOperationIsRecognisedByTheRecord(t *testing.T) {
	srv := starts(t, embedded.Options{Listen: "127.0.0.1:0"})
	s, op := opens(t, srv.URL(), natsstore.Options{}), store.OpID{7}
	row := append([]byte{1, 0}, op[:]...)
	ack, err := bare(t, srv.URL()).Publish(t.Context(), subject("k"), append(row, "value"...)) // without the server's own mark
	if err != nil {
		t.Fatal(err)
	}
	if rev, err := s.Swap(t.Context(), "k", 0, []byte("value"), false, op); err != nil || uint64(rev) != ack.Sequence {
		t.Errorf("sent again: %d, %v; landed as %d", rev, err, ack.Sequence)
	}
}

func TestTombstoneIsForgottenInTimeAndNotBefore(t *testing.T) {
	srv := starts(t, embedded.Options{Listen: "127.0.0.1:0"})
	js, s := bare(t, srv.URL()), opens(t, srv.URL(), natsstore.Options{})
	keeps := func(key string) string {
		stream, err := js.Stream(t.Context(), "KV_holdfast")
		if err != nil {
			t.Fatal(err)
		}
		m, err := stream.GetLastMsgForSubject(t.Context(), subject(key))
		if err != nil {
			t.Fatal(err)
		}
		return m.Header.Get("Nats-TTL")
	}
	grave := swaps(t, s, "k", 0, true)
	if ttl := keeps("k"); ttl != "168h0m0s" || s.Caps().Tombstones != 168*time.Hour {
		t.Errorf("a tombstone is kept for %s, and Caps say %v", ttl, s.Caps().Tombstones)
	}
	swaps(t, s, "begins again", swaps(t, s, "begins again", 0, true), false)
	if ttl := keeps("begins again"); ttl != "" {
		t.Errorf("a record is kept for %s", ttl)
	}
	stream, err := js.Stream(t.Context(), "KV_holdfast")
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Purge(t.Context(), jetstream.WithPurgeSubject(subject("k"))); err != nil { // a week goes by
		t.Fatal(err)
	}
	if _, err := s.Load(t.Context(), "k", 0); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Load: %v", err)
	}
	if rev, err := s.Swap(t.Context(), "k", 0, nil, false, store.OpID{99}); err != nil || rev <= grave {
		t.Errorf("revision %d follows %d, %v", rev, grave, err)
	}
}

func TestBucketThatWasLostBeginsAboveTheFormer(t *testing.T) {
	srv := starts(t, embedded.Options{Listen: "127.0.0.1:0"})
	s := opens(t, srv.URL(), natsstore.Options{})
	before := swaps(t, s, "k", 0, false)
	if err := bare(t, srv.URL()).DeleteStream(t.Context(), "KV_holdfast"); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"Swap":  second(s.Swap(t.Context(), "k", 0, nil, false, store.OpID{1})),
		"Load":  second(s.Load(t.Context(), "k", 0)),
		"Watch": s.Watch(t.Context(), func(store.Change) {}),
	} {
		if !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if rev := swaps(t, opens(t, srv.URL(), natsstore.Options{}), "k", 0, false); rev <= before {
		t.Errorf("revision %d follows %d", rev, before)
	}
}

func second[T any](_ T, err error) error { return err }

func TestKeyThatIsTooLongIsRefused(t *testing.T) {
	s := opens(t, "", natsstore.Options{InProcess: starts(t, embedded.Options{})})
	w := watches(t, s)
	longest := strings.Repeat("k", 2000)
	w.sees(longest, swaps(t, s, longest, 0, false))
	_, err := s.Swap(t.Context(), longest+"k", 0, nil, false, store.OpID{1})
	if !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("Swap: %v", err)
	}
	if _, err := s.Load(t.Context(), longest+"k", 0); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Load: %v", err)
	}
}

// A server that answers as those of a cluster do, of which a test would have to wait for
// the right moment.
func TestServersWordIsUnderstood(t *testing.T) {
	for name, test := range map[string]struct {
		answers []string // to one write after the other; the last one to all that follow
		want    error
		sent    int // how often the write must be sent; 0: until its caller leaves
	}{
		"landed":                        {[]string{`"seq":9`}, nil, 1},
		"it landed before":              {[]string{`"seq":9,"duplicate":true`}, nil, 1},
		"another revision":              {[]string{code(400, 10071, "wrong last sequence: 7")}, store.ErrConflict, 1},
		"another, which is not there":   {[]string{code(400, 10071, "wrong last sequence: 8")}, store.ErrUnavailable, 1},
		"in flight, then landed":        {[]string{code(400, 10164, "wrong last sequence"), code(409, 10158, "in process"), `"seq":9`}, nil, 3},
		"in flight, then another":       {[]string{code(400, 10164, "wrong last sequence"), code(400, 10071, "wrong last sequence: 7")}, store.ErrConflict, 2},
		"the key is in flight for long": {[]string{code(400, 10164, "wrong last sequence")}, store.ErrUnknown, 0},
		"it is in flight for long":      {[]string{code(409, 10158, "in process")}, store.ErrUnknown, 0},
		"too large":                     {[]string{code(400, 10054, "message size exceeds maximum allowed")}, store.ErrTooLarge, 1},
		"refused":                       {[]string{code(400, 10166, "not now")}, store.ErrUnavailable, 1},
		"failed":                        {[]string{code(503, 10077, "disk full")}, store.ErrUnknown, 1},
		"no JSON":                       {[]string{`nonsense`}, store.ErrUnknown, 1},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			f := fakes(t, test.answers, leave)
			s := opens(t, f.url, natsstore.Options{AcceptUnsynced: true})
			rev, err := s.Swap(ctx, "k", 5, []byte("value"), false, store.OpID{3})
			if !errors.Is(err, test.want) || (err == nil && rev != 9) {
				t.Errorf("Swap: %d, %v; want %v", rev, err, test.want)
			}
			if sent := int(f.sent.Load()); test.sent != 0 && sent != test.sent {
				t.Errorf("it was sent %d times", sent)
			}
		})
	}
}

func code(status, number int, text string) string {
	return fmt.Sprintf(`"error":{"code":%d,"err_code":%d,"description":%q}`, status, number, text)
}

// fake is a server without JetStream, and a client of it that plays that.
type fake struct {
	url  string
	sent atomic.Int32
}

// fakes plays a bucket in which each key has revision 7. It calls enough when it is asked
// for the fifth time.
func fakes(t *testing.T, answers []string, enough func()) *fake {
	t.Helper()
	f := &fake{url: "nats://" + runs(t, &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true})}
	real := starts(t, embedded.Options{Listen: "127.0.0.1:0"})
	_ = opens(t, real.URL(), natsstore.Options{}).Close()
	stream, err := bare(t, real.URL()).Stream(t.Context(), "KV_holdfast")
	if err != nil {
		t.Fatal(err)
	}
	info, err := json.Marshal(stream.CachedInfo())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := nats.Connect(f.url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	plays := func(subject string, answer func() string) {
		if _, err := conn.Subscribe(subject, func(m *nats.Msg) { _ = m.Respond([]byte(answer())) }); err != nil {
			t.Fatal(err)
		}
	}
	row := base64.StdEncoding.EncodeToString(append([]byte{1, 0, 1}, make([]byte, 15)...))
	plays("$JS.API.STREAM.INFO.KV_holdfast", func() string { return string(info) })
	plays("$JS.API.STREAM.MSG.GET.KV_holdfast", func() string {
		return `{"message":{"subject":"s","seq":7,"data":"` + row + `","time":"2026-01-01T12:00:00Z"}}`
	})
	plays("$KV.holdfast.>", func() string {
		n := int(f.sent.Add(1))
		if n == 5 {
			enough()
		}
		n = min(n, len(answers))
		return `{"stream":"KV_holdfast",` + answers[n-1] + `}`
	})
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
	return f
}
