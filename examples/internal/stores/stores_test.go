package stores

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/store"
)

func TestPlacesAreRead(t *testing.T) {
	for _, test := range []struct {
		text, prints  string
		shared, lasts bool
	}{
		{"memory", "memory", false, false},
		{"bolt:/var/lib/a b.db", "bolt:/var/lib/a b.db", false, true},
		{"nats:", "nats:", false, true},
		{"nats://me:hunter2@one:4222", "nats://one:4222", true, true},
		{"tls://me:hunter2@one,tls://me:hunter2@two", "nats://…", true, true},
		{"postgres://me:hunter2@db:5432/app?password=hunter2", "postgres://db:5432/app", true, true},
		{"postgresql://db/app", "postgresql://db/app", true, true},
		{"redis://:hunter2@cache:6379/1", "redis://cache:6379/1", true, true},
		{"rediss://me:hunter2@cache/0", "rediss://cache/0", true, true},
		{"redis://me:hunter2@cache:port", "redis://…", true, true},
	} {
		p, err := Parse(test.text)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		if got := fmt.Sprintf("%v", p); got != test.prints || p.Shared() != test.shared || p.Lasts() != test.lasts {
			t.Errorf("%s: prints %s, shared %v, lasts %v", test.text, got, p.Shared(), p.Lasts())
		}
		if got := fmt.Sprintf("%+v %#v %d", p, p, p); strings.Contains(got, "hunter2") {
			t.Errorf("%s: prints %s", test.text, got)
		}
	}
}

func TestNoPlaceIsMemory(t *testing.T) {
	var p Place
	if p.Shared() || p.Lasts() || p.String() != "memory" {
		t.Errorf("it is %v", p)
	}
	opens(t, p)
}

func TestWhatIsNoStoreIsNotQuoted(t *testing.T) {
	for text, words := range map[string]string{
		"":                       "it may be memory, bolt:FILE, ",
		"postgress://me:hunter2": "it may be memory, bolt:FILE, ",
		"memory:hunter2":         "it may be memory, bolt:FILE, ",
		"redis:6379":             "redis://…",
		"bolt:":                  "bolt:FILE",
	} {
		_, err := Parse(text)
		if err == nil || !strings.Contains(err.Error(), words) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestStoreThatCannotBeOpenedIsNamed(t *testing.T) {
	folder := t.TempDir()
	note := filepath.Join(folder, "note.txt")
	if err := os.WriteFile(note, []byte("to whom it may concern"), 0o600); err != nil {
		t.Fatal(err)
	}
	nobody := nobodyThere(t)
	for text, want := range map[string]struct {
		err   error
		words string
	}{
		"bolt:" + note:   {store.ErrForeign, note},
		"bolt:" + folder: {store.ErrUnavailable, "give the path of one"},
		"bolt:" + folder + "/not/there/sessions.db":  {store.ErrUnavailable, "no such file"},
		"nats://me:hunter2@" + nobody:                {store.ErrUnavailable, nobody},
		"redis://me:hunter2@" + nobody + "/0":        {store.ErrUnavailable, "see that the server runs"},
		"postgres://me:hunter2@" + nobody + "/app":   {store.ErrUnavailable, "see that the server runs"},
		"postgres://me:hunter2@" + nobody + "/%zz":   {store.ErrUnavailable, "write it as postgres://"},
		"redis://me:hunter2@" + nobody + "/database": {store.ErrUnavailable, "write redis://"},
	} {
		p, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		s, err := p.Open(t.Context(), Options{Name: "holdfast_test"})
		if s != nil {
			t.Errorf("%v: there is a store", p)
		}
		if !errors.Is(err, want.err) || !strings.Contains(err.Error(), want.words) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v: error is %v", p, err)
		}
	}
	if text, err := os.ReadFile(note); string(text) != "to whom it may concern" {
		t.Errorf("the file of another program says %q, %v", text, err)
	}
}

// nobodyThere returns an address at which nobody listens.
func nobodyThere(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	return l.Addr().String()
}

// opens opens a store, which must succeed, and closes it.
func opens(t *testing.T, p Place) {
	t.Helper()
	s, err := p.Open(t.Context(), Options{Name: "holdfast_test"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
