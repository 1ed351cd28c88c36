package store_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/store"
)

func TestNothingPrintsAValue(t *testing.T) {
	e := store.Entry{Key: key, Value: []byte("canary"), Rev: 3, Gone: true}
	secrets := []string{"canary", "Y2FuYXJ5" /* base64 */, "63616e617279" /* hex */, "99 97 110", "0x63, 0x61"}
	for _, v := range []any{e, &e, store.Change{Kind: store.Changed, Entry: e}, []store.Entry{e}} {
		var b strings.Builder
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&b, verb+"\n", v)
		}
		slog.New(slog.NewTextHandler(&b, nil)).Info("printed", "value", v)
		slog.New(slog.NewJSONHandler(&b, nil)).Info("printed", "value", v)
		encoded, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(encoded)
		for _, secret := range secrets {
			if strings.Contains(b.String(), secret) {
				t.Errorf("%T prints its value as %q:\n%s", v, secret, b.String())
			}
		}
	}
	want := `entry key="tenant-42" rev=3 gone=true value=6 bytes`
	if diff := cmp.Diff(want, e.String()); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
}

func TestChangeKindsHaveNames(t *testing.T) {
	got := fmt.Sprint(store.Synced, store.Changed, store.Gap, store.ChangeKind(0))
	if diff := cmp.Diff("synced changed gap ChangeKind(0)", got); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}
