package sessions

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509/pkix"
	"encoding/asn1"
	"hash"

	"github.com/holdfast-go/holdfast/messages"
)

// The structures of RFC 5958, section 3, and RFC 8018, appendix A, for keys under a
// passphrase. The standard library has the parts and not the whole. The library
// that has, github.com/youmark/pkcs8, was last changed in July 2024, panics where the
// IV or the data has a wrong length and leaves the padding on; these hundred lines
// cost less.
type (
	encryptedKey struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	pbes2Params struct {
		KDF    pkix.AlgorithmIdentifier
		Cipher pkix.AlgorithmIdentifier
	}
	pbkdf2Params struct {
		Salt       []byte
		Iterations int
		KeyLength  int                      `asn1:"optional"`
		PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
	}
)

// mostIterations bounds the work that a file can ask for: a second or two.
const mostIterations = 2_000_000

// decryptPKCS8 opens an EncryptedPrivateKeyInfo. What it returns may be nonsense if
// the passphrase is wrong: there is no checksum but the padding.
func decryptPKCS8(der, passphrase []byte) ([]byte, error) {
	var key encryptedKey
	var scheme pbes2Params
	var kdf pbkdf2Params
	var iv []byte
	switch {
	case !unmarshal(der, &key):
		return nil, messages.Invalid("pemText", "holds an encrypted key that cannot be read")
	case key.Algorithm.Algorithm.String() != "1.2.840.113549.1.5.13", // PBES2
		!unmarshal(key.Algorithm.Parameters.FullBytes, &scheme),
		scheme.KDF.Algorithm.String() != "1.2.840.113549.1.5.12", // PBKDF2
		!unmarshal(scheme.KDF.Parameters.FullBytes, &kdf),
		!unmarshal(scheme.Cipher.Parameters.FullBytes, &iv):
		return nil, errEncryption()
	}
	newBlock, length := cipherOf(scheme.Cipher.Algorithm.String())
	prf := prfOf(kdf.PRF.Algorithm.String())
	if newBlock == nil || prf == nil || kdf.Iterations < 1 || kdf.Iterations > mostIterations {
		return nil, errEncryption()
	}
	secret, err := pbkdf2.Key(prf, string(passphrase), kdf.Salt, kdf.Iterations, length)
	if err != nil {
		return nil, errEncryption()
	}
	block, err := newBlock(secret)
	if err != nil || len(iv) != block.BlockSize() {
		return nil, errEncryption()
	}
	return decryptCBC(block, iv, key.Data)
}

func decryptCBC(block cipher.Block, iv, data []byte) ([]byte, error) {
	size := block.BlockSize()
	if len(data) == 0 || len(data)%size != 0 {
		return nil, messages.Invalid("pemText", "holds an encrypted key that cannot be read")
	}
	plain := make([]byte, len(data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, data)
	n := int(plain[len(plain)-1])
	if n == 0 || n > size {
		return nil, errPassphrase()
	}
	text, padding := plain[:len(plain)-n], plain[len(plain)-n:]
	if !bytes.Equal(padding, bytes.Repeat([]byte{byte(n)}, n)) {
		return nil, errPassphrase()
	}
	return text, nil
}

func cipherOf(oid string) (newBlock func([]byte) (cipher.Block, error), keyLength int) {
	switch oid {
	case "2.16.840.1.101.3.4.1.2":
		return aes.NewCipher, 16
	case "2.16.840.1.101.3.4.1.22":
		return aes.NewCipher, 24
	case "2.16.840.1.101.3.4.1.42":
		return aes.NewCipher, 32
	case "1.2.840.113549.3.7": // what Box's console makes
		return des.NewTripleDESCipher, 24
	}
	return nil, 0
}

func prfOf(oid string) func() hash.Hash {
	switch oid {
	case "", "1.2.840.113549.2.7":
		return sha1.New
	case "1.2.840.113549.2.9":
		return sha256.New
	case "1.2.840.113549.2.10":
		return sha512.New384
	case "1.2.840.113549.2.11":
		return sha512.New
	}
	return nil
}

func unmarshal(der []byte, into any) bool {
	rest, err := asn1.Unmarshal(der, into)
	return err == nil && len(rest) == 0
}

func errEncryption() error {
	return messages.Invalid("pemText", "holds a key that is not encrypted by PBES2 with PBKDF2 and AES or triple DES")
}
