package sealed_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/mac"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"

	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/simulate"
	"github.com/holdfast-go/holdfast/store"
	"github.com/holdfast-go/holdfast/store/sealed"
)

// changed returns a ring that was made of another one.
func changed(t *testing.T, ring *keyset.Handle, change func(*keyset.Manager) error) *keyset.Handle {
	t.Helper()
	m := keyset.NewManagerFromHandle(ring)
	if err := change(m); err != nil {
		t.Fatal(err)
	}
	next, err := m.Handle()
	if err != nil {
		t.Fatal(err)
	}
	return next
}

// rotated returns the ring with a new primary key.
func rotated(t *testing.T, ring *keyset.Handle) *keyset.Handle {
	t.Helper()
	return changed(t, ring, func(m *keyset.Manager) error {
		id, err := m.Add(aead.AES256GCMKeyTemplate())
		if err != nil {
			return err
		}
		return m.SetPrimary(id)
	})
}

// sealedBy returns the key that the record's value in the inner store shows.
func sealedBy(t *testing.T, inner store.Store, key string) uint32 {
	t.Helper()
	id, err := sealed.KeyID(loads(t, inner, key).Value)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestRotatedRingOpensTheOldAndSealsByTheNew(t *testing.T) {
	inner, before := store.NewSharedMemory(), newRing(t)
	after := rotated(t, before)
	rev := swaps(t, seals(t, inner, before), "k", 0, value(), false)

	s := seals(t, inner, after)
	if got := loads(t, s, "k").Value; !bytes.Equal(value(), got) {
		t.Error("what the old key has sealed comes back as another value")
	}
	if got, want := sealedBy(t, inner, "k"), before.KeysetInfo().GetPrimaryKeyId(); got != want {
		t.Errorf("a Load has sealed it by key %d instead of %d", got, want)
	}
	swaps(t, s, "k", rev, value(), false)
	if got, want := sealedBy(t, inner, "k"), after.KeysetInfo().GetPrimaryKeyId(); got != want {
		t.Errorf("the next write was sealed by key %d instead of %d", got, want)
	}
	old := before.KeysetInfo().GetPrimaryKeyId()
	s = seals(t, inner, changed(t, after, func(m *keyset.Manager) error { return m.Delete(old) }))
	if got := loads(t, s, "k").Value; !bytes.Equal(value(), got) {
		t.Error("without the old key it comes back as another value")
	}
}

func TestOneValueIsNeverSealedTheSameTwice(t *testing.T) {
	inner := store.NewSharedMemory()
	s := seals(t, inner, newRing(t))
	rev := swaps(t, s, "k", 0, value(), false)
	first := loads(t, inner, "k").Value
	swaps(t, s, "k", rev, value(), false)
	if bytes.Equal(first, loads(t, inner, "k").Value) {
		t.Error("who sees the values sees that nothing has changed")
	}
}

func TestRingThatDoesNotSuitIsRefused(t *testing.T) {
	kms, err := aead.CreateKMSEnvelopeAEADKeyTemplate("fake-kms://", aead.AES256GCMKeyTemplate())
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		template *tinkpb.KeyTemplate
		words    string
	}{
		"a KMS's key":   {kms, "let the KMS seal the ring instead"},
		"without an id": {aead.AES256GCMNoPrefixKeyTemplate(), "use one with the prefix TINK"},
		"of a MAC":      {mac.HMACSHA256Tag256KeyTemplate(), "not for AEAD"},
		"there is none": {nil, "there is no key ring"},
	} {
		var ring *keyset.Handle
		if test.template != nil {
			if ring, err = keyset.NewHandle(test.template); err != nil {
				t.Fatal(err)
			}
		}
		_, err := sealed.Open(store.NewMemory(), ring)
		if err == nil || !strings.Contains(err.Error(), test.words) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

// The ring that a process was started with is another's.
func TestSessionOfAnUnknownKeyIsLeftAsItIs(t *testing.T) {
	inner, server := store.NewSharedMemory(), simulate.NewServer(nil)
	swaps(t, seals(t, inner, newRing(t)), "k", 0, value(), false)
	was := loads(t, inner, "k")
	mgr, err := sessions.Open(sessions.Config{Store: seals(t, inner, newRing(t))})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = mgr.Close(t.Context()) }()
	session, err := mgr.Session("k", sessions.Persistent(server.Endpoint(), server.Login("k")))
	if err != nil {
		t.Fatal(err)
	}
	_, err = session.AccessToken(t.Context())
	if !errors.Is(err, sessions.ErrInvalid) || !strings.Contains(err.Error(), "sealed by a key that this process does not have") {
		t.Errorf("the error does not say what may be wrong: %v", err)
	}
	if now := loads(t, inner, "k"); now.Rev != was.Rev || !bytes.Equal(was.Value, now.Value) {
		t.Errorf("%v has become %v", was, now)
	}
}
