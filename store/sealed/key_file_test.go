package sealed_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/core/registry"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/holdfast-go/holdfast/store"
	"github.com/holdfast-go/holdfast/store/sealed"
)

// creates makes a key file in a new folder.
func creates(t *testing.T, kms tink.AEAD) sealed.KeyFile {
	t.Helper()
	f := sealed.KeyFile{Path: filepath.Join(t.TempDir(), "keys.json"), KMS: kms}
	if err := f.Create(); err != nil {
		t.Fatal(err)
	}
	return f
}

// isRefused expects an error that names the file and has these words, and no ring.
func isRefused(t *testing.T, f sealed.KeyFile, words string) {
	t.Helper()
	ring, err := f.Read()
	if err == nil || ring != nil || !strings.Contains(err.Error(), f.Path) || !strings.Contains(err.Error(), words) {
		t.Errorf("the error %v does not name the file and say %q", err, words)
	}
	if b, _ := os.ReadFile(f.Path); err != nil && len(b) > 0 && strings.Contains(err.Error(), string(b)) {
		t.Error("the error quotes the file")
	}
}

func TestKeyFileIsForItsOwnerOnly(t *testing.T) {
	f := creates(t, nil)
	isMode := func() {
		t.Helper()
		info, err := os.Stat(f.Path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("it is %v, %v", info, err)
		}
	}
	isMode()
	if _, err := f.AddKey(); err != nil {
		t.Fatal(err)
	}
	isMode()
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o620} {
		if err := os.Chmod(f.Path, mode); err != nil {
			t.Fatal(err)
		}
		isRefused(t, f, "chmod 600 it")
	}
	if _, err := f.AddKey(); err == nil {
		t.Error("a key was added to a file that others can read")
	}
}

func TestKeyFileThatIsThereIsLeftAsItIs(t *testing.T) {
	f := creates(t, nil)
	was, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Create(); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), f.Path) {
		t.Errorf("error is %v", err)
	}
	if err := f.Promote(7); err == nil {
		t.Error("a key that there is not was promoted")
	}
	if now, err := os.ReadFile(f.Path); err != nil || !bytes.Equal(was, now) {
		t.Errorf("the file was changed, %v", err)
	}
	if files, err := os.ReadDir(filepath.Dir(f.Path)); err != nil || len(files) != 1 {
		t.Errorf("beside it there are %v, %v", files, err)
	}
}

func TestKeyFileThatCannotBeReadSaysWhy(t *testing.T) {
	folder := t.TempDir()
	isRefused(t, sealed.KeyFile{Path: filepath.Join(folder, "missing.json")}, "no such file")
	broken := sealed.KeyFile{Path: filepath.Join(folder, "broken.json")}
	if err := os.WriteFile(broken.Path, []byte(canary), 0o600); err != nil {
		t.Fatal(err)
	}
	isRefused(t, broken, "put back a copy")
	isRefused(t, sealed.KeyFile{Path: broken.Path, KMS: masterKey(t)}, "put back a copy")
}

func TestKeysAreAddedPromotedAndRemoved(t *testing.T) {
	f, inner := creates(t, nil), store.NewSharedMemory()
	opens := func() store.Store {
		t.Helper()
		ring, err := f.Read()
		if err != nil {
			t.Fatal(err)
		}
		return seals(t, inner, ring)
	}
	rev := swaps(t, opens(), "k", 0, value(), false)
	first := sealedBy(t, inner, "k")

	second, err := f.AddKey()
	if err != nil {
		t.Fatal(err)
	}
	rev = swaps(t, opens(), "k", rev, value(), false)
	if got := sealedBy(t, inner, "k"); got != first {
		t.Errorf("a key that was only added seals already")
	}
	if err := f.Promote(second); err != nil {
		t.Fatal(err)
	}
	rev = swaps(t, opens(), "k", rev, value(), false)
	if got := sealedBy(t, inner, "k"); got != second {
		t.Errorf("sealed by key %d and not by the promoted %d", got, second)
	}
	if err := f.Remove(second); err == nil {
		t.Error("the key that seals was removed")
	}
	if err := f.Remove(first); err != nil {
		t.Fatal(err)
	}
	if e := loads(t, opens(), "k"); e.Rev != rev || !bytes.Equal(value(), e.Value) {
		t.Errorf("after the first key was removed it is %v", e)
	}
}

// masterKey stands for a key that is in a KMS.
func masterKey(t *testing.T) tink.AEAD {
	t.Helper()
	key, err := aead.New(newRing(t))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// service is a KMS with one key.
type service struct{ key tink.AEAD }

func (service) Supported(uri string) bool           { return uri == "fake-kms://ours" }
func (s service) GetAEAD(string) (tink.AEAD, error) { return s.key, nil }

var _ registry.KMSClient = service{}

func TestRingIsSealedByAKMS(t *testing.T) {
	kms, err := service{masterKey(t)}.GetAEAD("fake-kms://ours")
	if err != nil {
		t.Fatal(err)
	}
	f := creates(t, kms)
	if err := os.Chmod(f.Path, 0o644); err != nil {
		t.Fatal(err)
	}
	ring, err := f.Read()
	if err != nil {
		t.Fatal(err)
	}
	inFile, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range insecurecleartextkeyset.KeysetMaterial(ring).GetKey() {
		if strings.Contains(string(inFile), base64.StdEncoding.EncodeToString(key.GetKeyData().GetValue())) {
			t.Error("the key is in the file as it is")
		}
	}
	isRefused(t, sealed.KeyFile{Path: f.Path, KMS: masterKey(t)}, "the KMS does not open the key ring")
	if err := os.Chmod(f.Path, 0o600); err != nil {
		t.Fatal(err)
	}
	isRefused(t, sealed.KeyFile{Path: f.Path}, "set KMS")
	isRefused(t, sealed.KeyFile{Path: creates(t, nil).Path, KMS: kms}, "leave out KMS")
}
