package authserver

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/luikyv/go-oidc/pkg/goidc"
	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// books are the file that a server is kept in. What is written survives the death of
// the process at once, and that of the machine when its system has brought it to the
// disk. They are of one process at a time.
//
//	bucket "authserver"   "format": version of this layout; "key": what signs, PKCS #8; "kid": its ID
//	bucket "families"     families by GrantID
//	bucket "refresh"      refresh tokens by themselves
type books struct{ db *bbolt.DB }

var (
	house        = []byte("authserver")
	format       = []byte("format")
	familyBucket = []byte("families")
	tokenBucket  = []byte("refresh")
	keyName      = []byte("key")
	kidName      = []byte("kid")
)

// booksVersion is that of the layout.
const booksVersion = "1"

// bookedFamily is a family as it is written.
type bookedFamily struct {
	Grant      goidc.Grant `json:"grant"`
	Parent     string      `json:"parent,omitempty"` // its GrantID; empty: nothing
	Generation int         `json:"generation"`
	Revoked    bool        `json:"revoked"`
	Until      time.Time   `json:"until"`
}

// bookedToken is a refresh token as it is written.
type bookedToken struct {
	Family string    `json:"family"`
	Spent  time.Time `json:"spent,omitzero"`
	Expiry time.Time `json:"expiry"`
}

// openBooks opens the file, and makes it if there is none.
func openBooks(file string) (*books, error) {
	db, err := bbolt.Open(file, 0o600, &bbolt.Options{Timeout: 1, NoSync: true})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, fmt.Errorf("authserver: open %s: it is open already, and one server can have it; end the other one", file)
	case err != nil:
		return nil, fmt.Errorf("authserver: open %s: %w; give another path", file, err)
	}
	if err := db.Update(prepareBooks); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("authserver: open %s: %w", file, err)
	}
	return &books{db}, nil
}

// prepareBooks makes the buckets of a new file, and writes nothing to any other.
func prepareBooks(tx *bbolt.Tx) error {
	if b := tx.Bucket(house); b != nil {
		if v := string(b.Get(format)); v != booksVersion {
			return fmt.Errorf("its format is %q and this program knows %q; use the program that wrote it", v, booksVersion)
		}
		return nil
	}
	if first, _ := tx.Cursor().First(); first != nil {
		return errors.New("it is of another program; give another path")
	}
	for _, name := range [][]byte{house, familyBucket, tokenBucket} {
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	return tx.Bucket(house).Put(format, []byte(booksVersion))
}

// signer returns the key that the file has, or one that it has from now on.
func (b *books) signer() (key *ecdsa.PrivateKey, kid string, err error) {
	if b == nil {
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		return key, rand.Text(), err
	}
	err = b.db.Update(func(tx *bbolt.Tx) (err error) {
		in := tx.Bucket(house)
		if in.Get(keyName) == nil {
			if err := putNewSigner(in); err != nil {
				return err
			}
		}
		kid = string(in.Get(kidName))
		key, err = parseSigner(in.Get(keyName))
		return err
	})
	return key, kid, err
}

func putNewSigner(in *bbolt.Bucket) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	text, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(in.Put(keyName, text), in.Put(kidName, []byte(rand.Text())))
}

func parseSigner(text []byte) (*ecdsa.PrivateKey, error) {
	key, err := x509.ParsePKCS8PrivateKey(text)
	if err != nil {
		return nil, err
	}
	signer, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errors.New("its key is of another kind; use the program that wrote it")
	}
	return signer, nil
}

// read returns all that is written.
func (b *books) read() (families map[string]bookedFamily, tokens map[string]bookedToken, err error) {
	families, tokens = map[string]bookedFamily{}, map[string]bookedToken{}
	err = b.db.View(func(tx *bbolt.Tx) error {
		return errors.Join(readAll(tx.Bucket(familyBucket), families), readAll(tx.Bucket(tokenBucket), tokens))
	})
	return families, tokens, err
}

func readAll[T any](from *bbolt.Bucket, into map[string]T) error {
	return from.ForEach(func(name, text []byte) error {
		var v T
		if err := json.Unmarshal(text, &v); err != nil {
			return err
		}
		into[string(name)] = v
		return nil
	})
}

// write writes these in one transaction; of each that is nil the name goes.
func (b *books) write(families map[string]*bookedFamily, tokens map[string]*bookedToken) error {
	return b.db.Update(func(tx *bbolt.Tx) error {
		return errors.Join(writeAll(tx.Bucket(familyBucket), families), writeAll(tx.Bucket(tokenBucket), tokens))
	})
}

func writeAll[T any](to *bbolt.Bucket, all map[string]*T) error {
	for name, v := range all {
		if v == nil {
			if err := to.Delete([]byte(name)); err != nil {
				return err
			}
			continue
		}
		text, err := json.Marshal(v)
		if err != nil {
			return err
		}
		if err := to.Put([]byte(name), text); err != nil {
			return err
		}
	}
	return nil
}

// close lets go of the file; nil books have none.
func (b *books) close() error {
	if b == nil {
		return nil
	}
	return b.db.Close()
}
