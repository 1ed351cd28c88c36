package sessions

import (
	"bytes"
	"encoding/asn1"
	"math/big"
	"testing"
)

func TestRawSignatureHasBothNumbersInFull(t *testing.T) {
	long := new(big.Int).Lsh(big.NewInt(1), 255)
	for name, c := range map[string]struct {
		r, s *big.Int
		ok   bool
	}{
		"both long":      {long, long, true},
		"one short":      {big.NewInt(5), long, true},
		"both short":     {big.NewInt(5), big.NewInt(7), true},
		"zero":           {big.NewInt(0), long, false},
		"negative":       {long, big.NewInt(-7), false},
		"of a P-384 key": {new(big.Int).Lsh(long, 100), long, false},
	} {
		der, err := asn1.Marshal(struct{ R, S *big.Int }{c.r, c.s})
		if err != nil {
			t.Fatal(err)
		}
		raw, err := rawSignature(der)
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.ok && !bytes.Equal(raw, append(c.r.FillBytes(make([]byte, 32)), c.s.FillBytes(make([]byte, 32))...)) {
			t.Errorf("%s: %x", name, raw)
		}
		if _, err := rawSignature(append(der, 0)); err == nil {
			t.Errorf("%s: with something behind it, it is a signature too", name)
		}
	}
	if _, err := rawSignature([]byte("raw bytes, as some signers have them, are no ASN.1, 64 of them ok")); err == nil {
		t.Error("what is no ASN.1 is a signature")
	}
}
