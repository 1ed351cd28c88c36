package embedded_test

import (
	"context"
	"fmt"
	"log"

	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/simulate"
	"github.com/holdfast-go/holdfast/store/natsstore"
	"github.com/holdfast-go/holdfast/store/natsstore/embedded"
)

// A test shares a session between two Managers, as two processes would.
func ExampleStart() {
	ctx := context.Background()
	srv, err := embedded.Start(embedded.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = srv.Close() }()
	server := simulate.NewServer(nil)
	kind := sessions.Persistent(server.Endpoint(), server.Login("alice"))
	for range 2 {
		s, err := natsstore.Open(ctx, "", natsstore.Options{InProcess: srv})
		if err != nil {
			log.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		mgr, err := sessions.Open(sessions.Config{Store: s})
		if err != nil {
			log.Fatal(err)
		}
		defer func() { _ = mgr.Close(ctx) }()
		alice, err := mgr.Session("alice", kind)
		if err != nil {
			log.Fatal(err)
		}
		token, err := alice.AccessToken(ctx)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("the token is valid:", server.Valid(token) == nil)
	}
	// Output:
	// the token is valid: true
	// the token is valid: true
}
