package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/store"
)

// tokenFile keeps the token of one session in a file.
type tokenFile string

func (f tokenFile) Read(context.Context) (messages.Token, error) {
	b, err := os.ReadFile(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return messages.Token{}, nil
	}
	if err != nil {
		return messages.Token{}, err
	}
	return messages.ParseTokenInfo(b)
}

// Write renames, so that a crash leaves the old token or the new one, whole.
func (f tokenFile) Write(_ context.Context, t messages.Token) error {
	if err := os.WriteFile(string(f)+".new", t.TokenInfo(), 0o600); err != nil {
		return err
	}
	return os.Rename(string(f)+".new", string(f))
}

func (f tokenFile) Clear(context.Context) error {
	if err := os.Remove(string(f)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// A file for each session, in the form that other kits write too: sessions that
// began there go on here.
func ExampleAdapt() {
	dir, err := os.MkdirTemp("", "tokens")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()

	s := store.Adapt(func(key string) store.Classic {
		return tokenFile(filepath.Join(dir, filepath.Base(key)+".json"))
	})
	defer func() { _ = s.Close() }()

	ctx := context.Background()
	_, err = s.Load(ctx, "tenant-42", 0)
	fmt.Println(err)

	token := `{"accessToken":"at","refreshToken":"rt","accessTokenTTLMS":3600000,"acquiredAtMS":1767268800000}`
	if err := os.WriteFile(filepath.Join(dir, "tenant-42.json"), []byte(token), 0o600); err != nil {
		panic(err)
	}
	e, err := s.Load(ctx, "tenant-42", 0)
	fmt.Println(e.Key, e.Rev, err)
	// Output:
	// store: no record
	// tenant-42 1 <nil>
}
