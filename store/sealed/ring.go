package sealed

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/core/cryptofmt"
	"github.com/tink-crypto/tink-go/v2/keyset"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/holdfast-go/holdfast/internal/record"
	"github.com/holdfast-go/holdfast/store"
)

// ring seals and opens values.
type ring struct {
	aead     tink.AEAD
	ids      []uint32 // of the keys that open
	overhead int      // of what the primary key seals
}

func newRing(h *keyset.Handle) (*ring, error) {
	if h == nil {
		return nil, errors.New("there is no key ring; make one with KeyFile.Create")
	}
	r := new(ring)
	for _, k := range h.KeysetInfo().GetKeyInfo() {
		if err := suits(k); err != nil {
			return nil, fmt.Errorf("key %d of the ring %w", k.GetKeyId(), err)
		}
		if k.GetStatus() == tinkpb.KeyStatusType_ENABLED {
			r.ids = append(r.ids, k.GetKeyId())
		}
	}
	var err error
	if r.aead, err = aead.New(h); err != nil {
		return nil, errors.New("the keys of the ring are not for AEAD; make a ring with KeyFile.Create")
	}
	nothing, err := r.seal("", nil, false)
	if err != nil {
		return nil, err
	}
	r.overhead = len(nothing)
	return r, nil
}

// suits returns an error unless a key shows its id in what it seals, and seals here.
func suits(k *tinkpb.KeysetInfo_KeyInfo) error {
	switch k.GetTypeUrl() {
	case "type.googleapis.com/google.crypto.tink.KmsAeadKey", "type.googleapis.com/google.crypto.tink.KmsEnvelopeAeadKey":
		return errors.New("is in a KMS, which each write would wait for; let the KMS seal the ring instead (KeyFile.KMS)")
	}
	if k.GetOutputPrefixType() != tinkpb.OutputPrefixType_TINK {
		return errors.New("does not show its id in what it seals; use one with the prefix TINK")
	}
	return nil
}

// seal returns the sealed value of a record.
func (r *ring) seal(key string, value []byte, gone bool) ([]byte, error) {
	cover := record.Cover(value)
	sealed, err := r.aead.Encrypt(value, bound(cover, key, gone))
	if err != nil {
		return nil, fmt.Errorf("%w: the key ring does not seal: %w", store.ErrUnavailable, err)
	}
	return append(cover, sealed...), nil
}

// open returns the value of a record whose sealed value an entry has.
func (r *ring) open(e store.Entry) ([]byte, error) {
	id, err := KeyID(e.Value)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(r.ids, id) {
		return nil, fmt.Errorf("%w: it is sealed by key %d, and the key ring has %d; use a ring that has it too",
			store.ErrForeign, id, r.ids)
	}
	cover, sealed, err := record.Uncover(e.Value)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", store.ErrForeign, err)
	}
	value, err := r.aead.Decrypt(sealed, bound(cover, e.Key, e.Gone))
	if err != nil {
		return nil, fmt.Errorf("%w: key %d does not open it, so it was changed, or moved here from another key; "+
			"find out who writes to the store, and remove the record", store.ErrForeign, id)
	}
	return value, nil
}

// bound is what a sealed value is bound to. The cover, which begins with the version of
// the format, always has the same length, so no two records share it.
func bound(cover []byte, key string, gone bool) []byte {
	b := append(slices.Clone(cover), 0)
	if gone {
		b[len(cover)] = 1
	}
	return append(b, key...)
}

// KeyID returns the id of the key by which a value of the inner store is sealed. Ask it of
// all values before a key is removed from the ring. The error is store.ErrForeign.
func KeyID(value []byte) (uint32, error) {
	_, sealed, err := record.Uncover(value)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", store.ErrForeign, err)
	}
	if len(sealed) < cryptofmt.TinkPrefixSize || sealed[0] != cryptofmt.TinkStartByte {
		return 0, fmt.Errorf("%w: it does not say by which key it is sealed, so it was changed; put back a backup, or remove the record",
			store.ErrForeign)
	}
	return binary.BigEndian.Uint32(sealed[1:]), nil
}
