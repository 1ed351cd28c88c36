package sessions

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"strings"
	"testing"
)

// sealed is an encrypted key in its parts.
type sealed struct {
	plain []byte // as it is encrypted, padding included
	data  []byte // nil: plain, encrypted
	iv    []byte
	kdf   pbkdf2Params
}

func (s sealed) der(t *testing.T, passphrase string) []byte {
	t.Helper()
	if s.data == nil {
		secret, err := pbkdf2.Key(sha1.New, passphrase, s.kdf.Salt, 1, 16)
		if err != nil {
			t.Fatal(err)
		}
		block, err := aes.NewCipher(secret)
		if err != nil {
			t.Fatal(err)
		}
		s.data = make([]byte, len(s.plain))
		cipher.NewCBCEncrypter(block, make([]byte, 16)).CryptBlocks(s.data, s.plain)
	}
	return encoded(t, encryptedKey{
		Algorithm: pkix.AlgorithmIdentifier{
			Algorithm: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13},
			Parameters: asn1.RawValue{FullBytes: encoded(t, pbes2Params{
				KDF: pkix.AlgorithmIdentifier{
					Algorithm:  asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12},
					Parameters: asn1.RawValue{FullBytes: encoded(t, s.kdf)},
				},
				Cipher: pkix.AlgorithmIdentifier{
					Algorithm:  asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 2},
					Parameters: asn1.RawValue{FullBytes: encoded(t, s.iv)},
				},
			})},
		},
		Data: s.data,
	})
}

func encoded(t *testing.T, v any) []byte {
	t.Helper()
	b, err := asn1.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEncryptedKeyIsOpenedOnlyIfAllOfItIsRight(t *testing.T) {
	const right = "the text is kept"
	padding := strings.Repeat("\x10", 16)
	for name, c := range map[string]struct {
		change func(*sealed)
		want   string
	}{
		"all right":             {func(*sealed) {}, ""},
		"an unknown PRF":        {func(s *sealed) { s.kdf.PRF.Algorithm = asn1.ObjectIdentifier{1, 2, 3} }, "is not encrypted by"},
		"no iterations":         {func(s *sealed) { s.kdf.Iterations = 0 }, "is not encrypted by"},
		"negative iterations":   {func(s *sealed) { s.kdf.Iterations = -1 }, "is not encrypted by"},
		"too many iterations":   {func(s *sealed) { s.kdf.Iterations = mostIterations + 1 }, "is not encrypted by"},
		"a short IV":            {func(s *sealed) { s.iv = s.iv[:15] }, "is not encrypted by"},
		"no IV":                 {func(s *sealed) { s.iv = nil }, "is not encrypted by"},
		"data of half a block":  {func(s *sealed) { s.data = make([]byte, 24) }, "cannot be read"},
		"no data":               {func(s *sealed) { s.data = []byte{} }, "cannot be read"},
		"no padding":            {func(s *sealed) { s.plain = []byte(right[:15] + "\x00") }, "does not open"},
		"padding over a block":  {func(s *sealed) { s.plain = []byte(right[:15] + "\x11") }, "does not open"},
		"padding that is mixed": {func(s *sealed) { s.plain = []byte(right[:13] + "\x01\x02\x03") }, "does not open"},
	} {
		s := sealed{
			plain: []byte(right + padding), iv: make([]byte, 16),
			kdf: pbkdf2Params{Salt: []byte("salt"), Iterations: 1},
		}
		c.change(&s)
		got, err := decryptPKCS8(s.der(t, "pass"), []byte("pass"))
		switch {
		case c.want == "" && (err != nil || string(got) != right):
			t.Errorf("%s: %q, %v", name, got, err)
		case c.want != "" && (!errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %q, %v; want %q", name, got, err, c.want)
		}
	}
}
