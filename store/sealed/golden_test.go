package sealed_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"

	"github.com/holdfast-go/holdfast/internal/record"
	"github.com/holdfast-go/holdfast/store"
)

// The values in testdata are those that users have in their stores: lines may be added
// there and never changed.
func TestValuesOfEarlierVersionsOpen(t *testing.T) {
	keys, err := os.ReadFile("testdata/keys.json")
	if err != nil {
		t.Fatal(err)
	}
	ring, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(keys)))
	if err != nil {
		t.Fatal(err)
	}
	values, err := os.ReadFile("testdata/sealed.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(values)) {
		name, digits, _ := strings.Cut(strings.TrimSpace(line), " ")
		value, err := hex.DecodeString(digits)
		if err != nil {
			t.Fatal(err)
		}
		inner := store.NewSharedMemory()
		swaps(t, inner, "alice", 0, value, name == "gone")
		r, err := record.Decode(loads(t, seals(t, inner, ring), "alice").Value)
		if err != nil || string(r.Token.Refresh) != name {
			t.Errorf("%s opens as another record, %v", name, err)
		}
		if end, err := record.End(value); err != nil || !end.Equal(r.Token.RefreshExpiry) {
			t.Errorf("%s shows the end %v, %v", name, end, err)
		}
	}
}
