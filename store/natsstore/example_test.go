package natsstore_test

import (
	"context"
	"fmt"
	"log"

	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/simulate"
	"github.com/holdfast-go/holdfast/store/natsstore"
)

// Two processes share a session: what one has renewed, the other gives out.
func ExampleOpen() {
	ctx := context.Background()
	server := simulate.NewServer(nil)
	kind := sessions.Persistent(server.Endpoint(), server.Login("alice"))
	for range 2 {
		s, err := natsstore.Open(ctx, "nats://127.0.0.1:4222", natsstore.Options{Replicas: 3})
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
		fmt.Println(server.Valid(token), err)
	}
}
