package sealed_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/simulate"
	"github.com/holdfast-go/holdfast/store/boltstore"
	"github.com/holdfast-go/holdfast/store/sealed"
)

// A session is kept in a file in which nobody finds its tokens who has not the key ring.
func ExampleOpen() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()

	keys := sealed.KeyFile{Path: filepath.Join(folder, "keys.json")}
	if err := keys.Create(); err != nil { // once, when the program is set up
		log.Fatal(err)
	}
	ring, err := keys.Read()
	if err != nil {
		log.Fatal(err)
	}
	path := filepath.Join(folder, "sessions.db")
	inner, err := boltstore.Open(path, boltstore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	s, err := sealed.Open(inner, ring)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	mgr, err := sessions.Open(sessions.Config{Store: s})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = mgr.Close(ctx) }()

	server := simulate.NewServer(nil)
	alice, err := mgr.Session("alice", sessions.Persistent(server.Endpoint(), server.Login("alice")))
	if err != nil {
		log.Fatal(err)
	}
	token, err := alice.AccessToken(ctx)
	fmt.Println(server.Valid(token), err)

	file, err := os.ReadFile(path)
	fmt.Println(bytes.Contains(file, []byte("alice")), bytes.Contains(file, []byte(token)), err)
	// Output:
	// <nil> <nil>
	// true false <nil>
}
