package boltstore_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/simulate"
	"github.com/holdfast-go/holdfast/store/boltstore"
)

// A program is started a second time, without the tokens of the login, and goes on with
// what the first start has left in the file.
func ExampleOpen() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	server := simulate.NewServer(nil)

	start := func(login messages.Token) {
		s, err := boltstore.Open(filepath.Join(folder, "sessions.db"), boltstore.Options{})
		if err != nil {
			log.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		mgr, err := sessions.Open(sessions.Config{Store: s})
		if err != nil {
			log.Fatal(err)
		}
		defer func() { _ = mgr.Close(ctx) }()
		alice, err := mgr.Session("alice", sessions.Persistent(server.Endpoint(), login))
		if err != nil {
			log.Fatal(err)
		}
		token, err := alice.AccessToken(ctx)
		fmt.Println(server.Valid(token), err)
	}
	start(server.Login("alice"))
	start(messages.Token{})
	// Output:
	// <nil> <nil>
	// <nil> <nil>
}
