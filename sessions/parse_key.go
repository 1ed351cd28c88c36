package sessions

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"strings"

	"github.com/holdfast-go/holdfast/messages"
)

// ParseKey reads the private key in a PEM file: PKCS#8 ("PRIVATE KEY", "ENCRYPTED
// PRIVATE KEY"), PKCS#1 ("RSA PRIVATE KEY") or SEC 1 ("EC PRIVATE KEY"). What else is
// in the file is passed over; of several keys the first is taken. passphrase opens
// an encrypted key; nil: it is not encrypted. It is not looked at otherwise.
//
// Encrypted keys are those of RFC 8018 with PBES2, PBKDF2 and AES or triple DES in CBC
// mode, which is what OpenSSL and Box make, and those of old, whose PEM says
// "Proc-Type: 4,ENCRYPTED". The latter are read because Box's guides had them made
// for years; their encryption is weak. Others have to be converted:
//
//	openssl pkcs8 -topk8 -v2 aes-256-cbc -in old.pem -out new.pem
//
// The error is ErrInvalid naming the argument.
func ParseKey(pemText, passphrase []byte) (crypto.Signer, error) {
	for block, rest := pem.Decode(pemText); block != nil; block, rest = pem.Decode(rest) {
		if strings.HasSuffix(block.Type, "PRIVATE KEY") {
			return parseBlock(block, passphrase)
		}
	}
	return nil, messages.Invalid("pemText", "holds no private key")
}

func parseBlock(block *pem.Block, passphrase []byte) (crypto.Signer, error) {
	der := block.Bytes
	legacy := x509.IsEncryptedPEMBlock(block) //nolint:staticcheck // it reads what is there, and encrypts nothing
	encrypted := legacy || block.Type == "ENCRYPTED PRIVATE KEY"
	if encrypted && len(passphrase) == 0 {
		return nil, messages.Invalid("passphrase", "is missing: the key is encrypted")
	}
	var err error
	switch {
	case legacy:
		der, err = x509.DecryptPEMBlock(block, passphrase) //nolint:staticcheck // as above
		if err != nil {
			return nil, errPassphrase()
		}
	case encrypted:
		if der, err = decryptPKCS8(der, passphrase); err != nil {
			return nil, err
		}
	}
	key, err := parseDER(block.Type, der)
	switch {
	case err != nil && encrypted: // a wrong passphrase may leave what looks like the right padding
		return nil, errPassphrase()
	case err != nil:
		return nil, messages.Invalid("pemText", "holds a private key that cannot be read")
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, messages.Invalid("pemText", "holds a private key that cannot sign")
	}
	return signer, nil
}

func parseDER(kind string, der []byte) (any, error) {
	switch kind {
	case "RSA PRIVATE KEY":
		return x509.ParsePKCS1PrivateKey(der)
	case "EC PRIVATE KEY":
		return x509.ParseECPrivateKey(der)
	}
	return x509.ParsePKCS8PrivateKey(der)
}

func errPassphrase() error { return messages.Invalid("passphrase", "does not open the key") }
