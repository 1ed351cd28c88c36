package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/holdfast-go/holdfast/store"
	"github.com/holdfast-go/holdfast/store/natsstore"
	"github.com/holdfast-go/holdfast/store/natsstore/embedded"
)

// watched is a Watch that is under way.
type watched struct {
	t       testing.TB
	changes chan store.Change
	ended   chan error
}

// watches begins a Watch, and returns when it has said Synced.
func watches(t testing.TB, s store.Store) *watched {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	w := &watched{t: t, changes: make(chan store.Change), ended: make(chan error, 1)}
	go func() {
		w.ended <- s.Watch(ctx, func(c store.Change) {
			select {
			case w.changes <- c:
			case <-ctx.Done():
			}
		})
	}()
	w.says(store.Synced)
	return w
}

// next returns the next change.
func (w *watched) next() store.Change {
	w.t.Helper()
	select {
	case c := <-w.changes:
		return c
	case err := <-w.ended:
		w.t.Fatalf("the watch ended: %v", err)
	case <-time.After(30 * time.Second):
		w.t.Fatal("nothing came")
	}
	panic("BUG: Fatal returned")
}

// says reads changes until one of this kind.
func (w *watched) says(kind store.ChangeKind) {
	w.t.Helper()
	for c := w.next(); c.Kind != kind; c = w.next() {
	}
}

// sees reads changes until key is at rev.
func (w *watched) sees(key string, rev store.Rev) {
	w.t.Helper()
	for c := w.next(); c.Entry.Key != key || c.Entry.Rev != rev; c = w.next() {
		if c.Kind != store.Changed {
			w.t.Fatalf("before %q is at %d comes %v", key, rev, c)
		}
	}
}

// Whoever does not hear that a write was published again reads it all the same.
func TestChangeThatIsNotPublishedAgainIsTold(t *testing.T) {
	srv := starts(t, embedded.Options{Listen: "127.0.0.1:0"})
	s, js := opens(t, srv.URL(), natsstore.Options{}), bare(t, srv.URL())
	w := watches(t, s)
	stream, err := js.Stream(t.Context(), "KV_holdfast")
	if err != nil {
		t.Fatal(err)
	}
	c := stream.CachedInfo().Config
	c.RePublish = nil
	if _, err := js.UpdateStream(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	w.sees("k", swaps(t, s, "k", 0, false))
}

// readers does something to each reader that the server has.
func readers(t *testing.T, js jetstream.JetStream, do func(name string) error) {
	t.Helper()
	stream, err := js.Stream(t.Context(), "KV_holdfast")
	if err != nil {
		t.Fatal(err)
	}
	for name := range stream.ConsumerNames(t.Context()).Name() {
		if err := do(name); err != nil {
			t.Fatal(err)
		}
	}
}

// The server of the reader is behind the others, and well.
func TestReaderThatStandsStillIsAGap(t *testing.T) {
	srv := starts(t, embedded.Options{Listen: "127.0.0.1:0"})
	s, js := opens(t, srv.URL(), natsstore.Options{}), bare(t, srv.URL())
	w := watches(t, s)
	readers(t, js, func(name string) error {
		_, err := js.PauseConsumer(t.Context(), "KV_holdfast", name, time.Now().Add(time.Hour))
		return err
	})
	rev := swaps(t, s, "k", 0, false)
	w.sees("k", rev) // it was published again
	w.says(store.Gap)
	w.says(store.Synced)
	w.sees("k", swaps(t, s, "k", rev, false))
}

// The server has lost the reader, as when it dies that has it; no connection breaks.
func TestReaderThatIsLostIsAGap(t *testing.T) {
	srv := starts(t, embedded.Options{Listen: "127.0.0.1:0"})
	s, js := opens(t, srv.URL(), natsstore.Options{}), bare(t, srv.URL())
	w := watches(t, s)
	readers(t, js, func(name string) error { return js.DeleteConsumer(t.Context(), "KV_holdfast", name) })
	w.says(store.Gap)
	w.says(store.Synced)
	w.sees("k", swaps(t, s, "k", 0, false))
}

func TestServerThatIsStartedAgainIsAGap(t *testing.T) {
	o := embedded.Options{Dir: t.TempDir(), Listen: "127.0.0.1:0"}
	srv := starts(t, o)
	s := opens(t, srv.URL(), natsstore.Options{})
	rev := swaps(t, s, "k", 0, false)
	w := watches(t, s)
	o.Listen = srv.URL()[len("nats://"):]
	_ = srv.Close()
	w.says(store.Gap)
	other := opens(t, "", natsstore.Options{InProcess: starts(t, o)})
	grave := swaps(t, other, "k", rev, true)
	told := map[string]store.Rev{}
	for c := w.next(); c.Kind != store.Synced; c = w.next() {
		told[c.Entry.Key] = c.Entry.Rev
	}
	if told["k"] != grave && told["k"] != 0 {
		t.Errorf("told %v", told)
	}
	if told["k"] == 0 { // it was synced before that was written
		w.sees("k", grave)
	}
}

func TestBucketThatIsDeletedEndsAWatch(t *testing.T) {
	srv := starts(t, embedded.Options{Listen: "127.0.0.1:0"})
	s := opens(t, srv.URL(), natsstore.Options{})
	w := watches(t, s)
	if err := bare(t, srv.URL()).DeleteStream(t.Context(), "KV_holdfast"); err != nil {
		t.Fatal(err)
	}
	for late := time.After(30 * time.Second); ; {
		select {
		case c := <-w.changes:
			if c.Kind != store.Gap {
				t.Errorf("told %v", c)
			}
		case err := <-w.ended:
			if !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("Watch: %v", err)
			}
			return
		case <-late:
			t.Fatal("the watch goes on")
		}
	}
}

// A slow watcher loses what is published again, and misses nothing.
func TestEveryChangeIsToldInOrder(t *testing.T) {
	s := opens(t, "", natsstore.Options{InProcess: starts(t, embedded.Options{Unsynced: true}), AcceptUnsynced: true})
	w := watches(t, s)
	const writes = 6000 // more than wait to be told
	want, told := map[string]store.Rev{}, map[string]store.Rev{}
	for n := range writes {
		key := fmt.Sprint(n % 10)
		want[key] = swaps(t, s, key, want[key], false)
	}
	for newest := 0; newest < len(want); {
		c := w.next()
		if c.Kind != store.Changed {
			continue
		}
		if c.Entry.Rev < told[c.Entry.Key] {
			t.Fatalf("%q went back from %d to %d", c.Entry.Key, told[c.Entry.Key], c.Entry.Rev)
		}
		if told[c.Entry.Key] < c.Entry.Rev && c.Entry.Rev == want[c.Entry.Key] {
			newest++
		}
		told[c.Entry.Key] = c.Entry.Rev
	}
}

func TestManyKeysAreListedOnce(t *testing.T) {
	s := opens(t, "", natsstore.Options{InProcess: starts(t, embedded.Options{Unsynced: true}), AcceptUnsynced: true})
	want, listed := map[string]int{}, map[string]int{}
	revs := map[string]store.Rev{}
	for n := range 1000 {
		key := fmt.Sprint(n)
		revs[key] = swaps(t, s, key, 0, false)
		want[key] = 1
	}
	for key, err := range s.Keys(t.Context(), time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		if listed[key]++; key != "0" {
			continue
		}
		for _, moves := range []string{"999", "0"} { // the last one too, to behind where the list ends
			swaps(t, s, moves, revs[moves], false)
		}
	}
	delete(want, "999")
	if diff := cmp.Diff(want, listed); diff != "" {
		t.Errorf("listed (-want +got):\n%s", diff)
	}
}
