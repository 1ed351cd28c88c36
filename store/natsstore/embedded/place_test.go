package embedded_test

import (
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/store"
	"github.com/holdfast-go/holdfast/store/natsstore"
	"github.com/holdfast-go/holdfast/store/natsstore/embedded"
	"github.com/holdfast-go/holdfast/store/storetest"
)

// starts starts a server that is there until the end of the test.
func starts(t testing.TB, o embedded.Options) *embedded.Server {
	t.Helper()
	s, err := embedded.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// opens opens a store that is there until the end of the test.
func opens(t testing.TB, url string, o natsstore.Options) *natsstore.Store {
	t.Helper()
	s, err := natsstore.Open(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// swaps writes a record, which must succeed.
func swaps(t testing.TB, s store.Store, key string, prev store.Rev, gone bool) store.Rev {
	t.Helper()
	rev, err := s.Swap(t.Context(), key, prev, []byte("value"), gone, opOn(prev))
	if err != nil {
		t.Fatalf("Swap of %q on %d: %v", key, prev, err)
	}
	return rev
}

// opOn names the write on a revision.
func opOn(prev store.Rev) store.OpID {
	return store.OpID{1, byte(prev), byte(prev >> 8), byte(prev >> 16), byte(prev >> 24), byte(prev >> 32)}
}

// lineTo returns a line to a server that listens.
func lineTo(t *testing.T, s *embedded.Server) *storetest.Line {
	t.Helper()
	return storetest.NewLine(t, strings.TrimPrefix(s.URL(), "nats://"))
}

// urlOf is where to connect over a line.
func urlOf(l *storetest.Line) string { return "nats://" + l.Address() }
