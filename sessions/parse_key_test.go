package sessions_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/sessions"
)

// passphrase opens every encrypted key of testdata/keys, which OpenSSL 3 has made
// and which are nobody's. Those named rsa_… hold the key of rsa.pem, those named p256_…
// that of p256.pem, but for p256_params.pem.
const passphrase = "canary-passphrase"

func keyFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "keys", name+".pem"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// keyOf returns one of the keys of testdata/keys.
func keyOf(t testing.TB, name string) crypto.Signer {
	t.Helper()
	key, err := sessions.ParseKey(keyFile(t, name), []byte(passphrase))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return key
}

func TestEachFormOfAKeyIsReadAsTheSameKey(t *testing.T) {
	for original, forms := range map[string][]string{
		"rsa": {
			"rsa_pkcs1", "rsa_pkcs1_legacy_aes", "rsa_pkcs1_legacy_des3",
			"rsa_aes256_sha256", "rsa_aes192_sha384", "rsa_aes128_sha512", "rsa_des3_sha1",
		},
		"p256": {"p256_aes256"},
	} {
		want := keyOf(t, original)
		for _, form := range forms {
			if got, ok := keyOf(t, form).(interface{ Equal(crypto.PrivateKey) bool }); !ok || !got.Equal(want) {
				t.Errorf("%s is not the key of %s", form, original)
			}
		}
	}
}

func TestParseKeyPassesOverWhatIsNoKey(t *testing.T) {
	if key, ok := keyOf(t, "p256_params").(*ecdsa.PrivateKey); !ok {
		t.Errorf("behind EC PARAMETERS there is a %T", key)
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("any")})
	key, err := sessions.ParseKey(append(certificate, keyFile(t, "rsa")...), nil)
	if _, ok := key.(*rsa.PrivateKey); !ok || err != nil {
		t.Errorf("behind a certificate there is a %T, %v", key, err)
	}
}

func TestParseKeySaysWhatIsWrongWithAFile(t *testing.T) {
	spoiled := func(name string, at int) []byte {
		block, _ := pem.Decode(keyFile(t, name))
		block.Bytes[at] ^= 0xff
		return pem.EncodeToMemory(block)
	}
	opensshKey := pem.EncodeToMemory(&pem.Block{Type: "OPENSSH PRIVATE KEY", Bytes: []byte("openssh-key-v1")})
	const right = passphrase
	for name, c := range map[string]struct {
		file       []byte
		passphrase string
		want       string
	}{
		"nothing":                    {nil, "", "pemText holds no private key"},
		"no PEM":                     {[]byte(canaryKey), "", "pemText holds no private key"},
		"a cut file":                 {keyFile(t, "rsa")[:500], "", "pemText holds no private key"},
		"no key in the block":        {spoiled("rsa", 0), "", "pemText holds a private key that cannot be read"},
		"no passphrase":              {keyFile(t, "rsa_aes256_sha256"), "", "passphrase is missing: the key is encrypted"},
		"no passphrase, of old":      {keyFile(t, "rsa_pkcs1_legacy_aes"), "", "passphrase is missing: the key is encrypted"},
		"a wrong passphrase":         {keyFile(t, "rsa_aes256_sha256"), canaryKey, "passphrase does not open the key"},
		"a wrong passphrase, of old": {keyFile(t, "rsa_pkcs1_legacy_des3"), canaryKey, "passphrase does not open the key"},
		"no structure":               {spoiled("rsa_aes256_sha256", 0), right, "pemText holds an encrypted key that cannot be read"},
		"another cipher":             {spoiled("rsa_aes256_sha256", 75), right, "is not encrypted by PBES2"},
		"another key derivation":     {keyFile(t, "rsa_scrypt"), right, "is not encrypted by PBES2"},
		"PBES1":                      {keyFile(t, "rsa_pbes1"), right, "is not encrypted by PBES2"},
		"a key that can only agree":  {keyFile(t, "x25519"), "", "pemText holds a private key that cannot sign"},
		"another format":             {opensshKey, "", "pemText holds a private key that cannot be read"},
	} {
		key, err := sessions.ParseKey(c.file, []byte(c.passphrase))
		if key != nil || !errors.Is(err, sessions.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v; want %q", name, key, err, c.want)
		}
		if err != nil && (strings.Contains(err.Error(), canaryKey) || strings.Contains(err.Error(), passphrase)) {
			t.Errorf("%s: the error holds a secret: %v", name, err)
		}
	}
}

// canaryKey stands where a file or a passphrase is wrong.
const canaryKey = "canary-key-material"

func FuzzParseKeyReturnsAKeyOrErrInvalid(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "keys", "*.pem"))
	if err != nil || len(files) == 0 {
		f.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		block, _ := pem.Decode(b)
		f.Add(block.Type, block.Bytes, passphrase, x509.IsEncryptedPEMBlock(block)) //nolint:staticcheck // as ParseKey
	}
	f.Fuzz(func(t *testing.T, kind string, der []byte, pass string, legacy bool) {
		block := &pem.Block{Type: kind, Bytes: der}
		if legacy {
			block.Headers = map[string]string{
				"Proc-Type": "4,ENCRYPTED",
				"DEK-Info":  "AES-128-CBC,00112233445566778899AABBCCDDEEFF",
			}
		}
		key, err := sessions.ParseKey(pem.EncodeToMemory(block), []byte(pass))
		if (key == nil) != errors.Is(err, sessions.ErrInvalid) {
			t.Errorf("%T, %v", key, err)
		}
	})
}
