package record_test

import (
	"encoding/hex"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/internal/record"
	"github.com/holdfast-go/holdfast/messages"
)

// golden reads lines of a name and bytes in hexadecimal. The bytes may be broken
// into groups by spaces; "#" begins a comment.
func golden(t *testing.T, file string) map[string][]byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string][]byte{}
	for line := range strings.Lines(string(text)) {
		name, digits, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || name == "#" {
			continue
		}
		lines[name], err = hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return lines
}

// There is no flag that writes the file anew: its bytes are in stores already.
func TestVersion1IsWhatUsersHaveStored(t *testing.T) {
	unscoped := full()
	unscoped.Token.Scopes, unscoped.Token.Extra = []string{}, nil
	want := map[string]messages.Record{
		"empty":     {},
		"full":      full(),
		"tombstone": tombstone(),
		"unscoped":  unscoped,
	}
	stored := golden(t, "testdata/version1.txt")
	if len(stored) != len(want) {
		t.Errorf("the file has %d records, the test %d", len(stored), len(want))
	}
	for name, r := range want {
		if got := record.Encode(r); !reflect.DeepEqual(stored[name], got) {
			t.Errorf("%s is now written as\n%s %x", name, name, got)
		}
		if got := decode(t, stored[name]); !reflect.DeepEqual(r, got) {
			t.Errorf("%s is read as something else (-want +got):\n%s", name, cmp.Diff(r, got))
		}
	}
}
