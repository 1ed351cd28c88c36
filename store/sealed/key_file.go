package sealed

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// KeyFile is the place of a key ring, in the JSON of Tink's tinkey. One process at a time
// may change it, and those that have read it do not notice. No error quotes a key.
type KeyFile struct {
	Path string

	// KMS seals the ring in the file. Every registry.KMSClient of Tink has one, GetAEAD
	// of the key's URI, and is asked when the file is read or written, not by the store.
	// If nil, the ring is in the file as it is, for its owner only.
	KMS tink.AEAD
}

// Create makes the file, with mode 0600, and a ring of one new key in it. There must be
// none yet: the error is then fs.ErrExist, and the file is as it was.
func (f KeyFile) Create() error {
	// With other nonces a key would be spent in a few months: those of AES-GCM are drawn
	// from so few that it is for 2^32 writes, and those of XChaCha20 for all there can be.
	ring, err := keyset.NewHandle(aead.XChaCha20Poly1305KeyTemplate())
	if err != nil {
		return f.wrap("create", err)
	}
	b, err := f.encode(ring)
	if err != nil {
		return f.wrap("create", err)
	}
	file, err := os.OpenFile(f.Path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return f.wrap("create", err)
	}
	if err := fill(file, b); err != nil {
		_ = os.Remove(f.Path)
		return f.wrap("create", err)
	}
	return f.wrap("create", f.syncFolder())
}

// Read returns the ring. Without a KMS it refuses a file that others than its owner may
// read or write, where the system has such permissions.
func (f KeyFile) Read() (*keyset.Handle, error) {
	ring, err := f.read()
	return ring, f.wrap("read", err)
}

// AddKey adds a new key, which opens and does not seal yet, and returns its id.
func (f KeyFile) AddKey() (id uint32, err error) {
	err = f.change(func(m *keyset.Manager) error {
		id, err = m.Add(aead.XChaCha20Poly1305KeyTemplate())
		return err
	})
	return id, f.wrap("add a key to", err)
}

// Promote makes a key the one that seals.
func (f KeyFile) Promote(id uint32) error {
	return f.wrap("promote a key of", f.change(func(m *keyset.Manager) error { return m.SetPrimary(id) }))
}

// Remove removes a key, which must not be the one that seals. What it has sealed opens
// never again: see [KeyID].
func (f KeyFile) Remove(id uint32) error {
	return f.wrap("remove a key of", f.change(func(m *keyset.Manager) error { return m.Delete(id) }))
}

// change puts a changed ring in the place of the one that is there, whole or not at all.
func (f KeyFile) change(change func(*keyset.Manager) error) error {
	ring, err := f.read()
	if err != nil {
		return err
	}
	manager := keyset.NewManagerFromHandle(ring)
	if err := change(manager); err != nil {
		return err
	}
	if ring, err = manager.Handle(); err != nil {
		return err
	}
	b, err := f.encode(ring)
	if err != nil {
		return err
	}
	next, err := os.CreateTemp(filepath.Dir(f.Path), ".keys-*") // with mode 0600
	if err != nil {
		return err
	}
	if err := errors.Join(fill(next, b), os.Rename(next.Name(), f.Path)); err != nil {
		_ = os.Remove(next.Name())
		return err
	}
	return f.syncFolder()
}

func (f KeyFile) read() (*keyset.Handle, error) {
	file, err := os.Open(f.Path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	if err := f.isPrivate(file); err != nil {
		return nil, err
	}
	b, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	return f.decode(b)
}

// isPrivate returns an error if others can read or write a ring that is in the file as it is.
func (f KeyFile) isPrivate(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); f.KMS == nil && mode&0o077 != 0 && runtime.GOOS != "windows" {
		return fmt.Errorf("its mode is %04o, so others can get at the keys; chmod 600 it, and rotate them if somebody may have", mode)
	}
	return nil
}

func (f KeyFile) encode(ring *keyset.Handle) ([]byte, error) {
	var b bytes.Buffer
	out := keyset.NewJSONWriter(&b)
	var err error
	if f.KMS == nil {
		err = insecurecleartextkeyset.Write(ring, out)
	} else {
		err = ring.Write(out, f.KMS)
	}
	return b.Bytes(), err
}

// decode does not repeat what a parser says: it may quote a key.
func (f KeyFile) decode(b []byte) (*keyset.Handle, error) {
	if f.KMS == nil {
		ring, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(b)))
		if err != nil {
			return nil, errors.New("it holds no key ring, or one that a KMS has sealed; put back a copy, or set KMS")
		}
		return ring, nil
	}
	if _, err := keyset.NewJSONReader(bytes.NewReader(b)).ReadEncrypted(); err != nil {
		return nil, errors.New("it holds no key ring that a KMS has sealed; put back a copy, or leave out KMS")
	}
	ring, err := keyset.Read(keyset.NewJSONReader(bytes.NewReader(b)), f.KMS)
	if err != nil {
		return nil, fmt.Errorf("the KMS does not open the key ring; see that it is there, and has the key that sealed it: %w", err)
	}
	return ring, nil
}

// wrap says what was being done to which file.
func (f KeyFile) wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		err = failed.Err
	}
	return fmt.Errorf("sealed: %s the key file %s: %w", what, f.Path, err)
}

// fill writes a file to the disk and closes it.
func fill(file *os.File, b []byte) error {
	_, err := file.Write(b)
	return errors.Join(err, file.Sync(), file.Close())
}

// syncFolder makes the file's name last.
func (f KeyFile) syncFolder() error {
	folder, err := os.Open(filepath.Dir(f.Path))
	if err != nil {
		return err
	}
	_ = folder.Sync() // some systems refuse it, and then it is not needed
	return folder.Close()
}
