package redisstore_test

import (
	"context"
	"fmt"
	"log"

	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/simulate"
	"github.com/holdfast-go/holdfast/store/redisstore"
)

// Two processes share a session: what one has renewed, the other gives out.
func ExampleOpen() {
	ctx := context.Background()
	server := simulate.NewServer(nil)
	kind := sessions.Persistent(server.Endpoint(), server.Login("alice"))
	for range 2 {
		s, err := redisstore.Open(ctx, "redis://127.0.0.1:6379/0", redisstore.Options{Prefix: "example"})
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
