package sessions

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256" // the hashes of the algorithms
	_ "crypto/sha512"
	"encoding/asn1"
	"errors"
	"math/big"

	"github.com/go-jose/go-jose/v4"

	"github.com/holdfast-go/holdfast/messages"
)

// checkKey returns ErrInvalid unless the key can sign with the algorithm.
func checkKey(key crypto.Signer, algorithm string) error {
	switch algorithm {
	case "":
		return messages.Invalid("Assertion.Algorithm", "is empty")
	case "RS256", "RS384", "RS512", "PS256", "ES256", "EdDSA":
	default:
		return messages.Invalid("Assertion.Algorithm", "is none of RS256, RS384, RS512, PS256, ES256 and EdDSA")
	}
	if key == nil {
		return messages.Invalid("Assertion.Key", "is missing")
	}
	if why := misfit(publicOf(key), algorithm); why != "" {
		return messages.Invalid("Assertion.Key", why)
	}
	return nil
}

// publicOf returns nil for a key that is none: the methods of a nil *rsa.PrivateKey
// and of half an ed25519.PrivateKey panic.
func publicOf(key crypto.Signer) (public crypto.PublicKey) {
	defer func() {
		if recover() != nil {
			public = nil
		}
	}()
	return key.Public()
}

const shortestRSA = 2048 // bits, by RFC 7518, section 3.3

// misfit says why a key cannot sign with an algorithm; empty: it can.
func misfit(public crypto.PublicKey, algorithm string) string {
	switch public := public.(type) {
	case *rsa.PublicKey:
		switch {
		case algorithm == "ES256" || algorithm == "EdDSA":
			return "is RSA, which does not fit " + algorithm
		case public == nil || public.N == nil:
			return "has no public half"
		case public.N.BitLen() < shortestRSA:
			return "has less than 2048 bits"
		}
	case *ecdsa.PublicKey:
		switch {
		case algorithm != "ES256":
			return "is ECDSA, which does not fit " + algorithm
		case public == nil || public.Curve != elliptic.P256():
			return "is not of the curve P-256, as ES256 has it"
		}
	case ed25519.PublicKey:
		switch {
		case algorithm != "EdDSA":
			return "is Ed25519, which does not fit " + algorithm
		case len(public) != ed25519.PublicKeySize:
			return "has no public half"
		}
	default:
		return "has no public half that is RSA, ECDSA or Ed25519"
	}
	return ""
}

// opaqueKey is a key as go-jose takes one that it must not look into. The adapter
// that comes with go-jose signs PS256 with the longest salt that there is room for,
// which some servers refuse:
//
//	"The size of the salt value is the same size as the hash function output."
//	https://www.rfc-editor.org/rfc/rfc7518#section-3.5
type opaqueKey struct{ crypto.Signer }

var _ jose.OpaqueSigner = (*opaqueKey)(nil)

// Public implements jose.OpaqueSigner; the key is not shown to anybody.
func (*opaqueKey) Public() *jose.JSONWebKey { return nil }

// Algs implements jose.OpaqueSigner; checkKey has judged already.
func (*opaqueKey) Algs() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.ES256, jose.EdDSA}
}

// SignPayload implements jose.OpaqueSigner.
func (k *opaqueKey) SignPayload(payload []byte, algorithm jose.SignatureAlgorithm) ([]byte, error) {
	signature, err := crypto.SignMessage(k.Signer, rand.Reader, payload, signerOpts(string(algorithm)))
	if err != nil || algorithm != jose.ES256 {
		return signature, err
	}
	return rawSignature(signature)
}

func signerOpts(algorithm string) crypto.SignerOpts {
	switch algorithm {
	case "RS256", "ES256":
		return crypto.SHA256
	case "RS384":
		return crypto.SHA384
	case "RS512":
		return crypto.SHA512
	case "PS256":
		return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}
	case "EdDSA":
		return crypto.Hash(0) // it hashes by itself
	}
	panic("BUG: an algorithm that was not checked")
}

// rawSignature turns the ECDSA signature of a crypto.Signer, which is ASN.1, into that
// of a JWT: R and then S, 32 octets each.
//
//	"The octet sequence representations MUST NOT be shortened to omit any leading
//	zero octets contained in the values."
//	https://www.rfc-editor.org/rfc/rfc7518#section-3.4
func rawSignature(der []byte) ([]byte, error) {
	var s struct{ R, S *big.Int }
	rest, err := asn1.Unmarshal(der, &s)
	if err != nil || len(rest) > 0 || !fitsP256(s.R) || !fitsP256(s.S) {
		return nil, errors.New("not an ECDSA signature")
	}
	raw := make([]byte, 64)
	s.R.FillBytes(raw[:32])
	s.S.FillBytes(raw[32:])
	return raw, nil
}

func fitsP256(n *big.Int) bool { return n.Sign() > 0 && n.BitLen() <= 256 }
