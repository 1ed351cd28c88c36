package simulate_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/simulate"
)

// An ordinary test, without a simulation and without a network: the token of a login
// expires, and is renewed once for all who ask.
func ExampleNewServer() {
	ctx := context.Background()
	clock := clockutil.NewVirtual(time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC))
	server := simulate.NewServer(clock, simulate.TokenTTL(30*time.Minute))
	mgr, err := sessions.Open(sessions.Config{Clock: clock})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = mgr.Close(ctx) }()
	alice, err := mgr.Session("alice", sessions.Persistent(server.Endpoint(), server.Login("alice")))
	if err != nil {
		log.Fatal(err)
	}

	call := func() { // of what you test
		token, err := alice.AccessToken(ctx)
		fmt.Println(clock.Now().Format("15:04"), err, "/", server.Valid(token))
	}
	call()
	clock.Advance(time.Hour)
	call()
	call()
	server.End("alice") // an administrator locks her out
	call()
	fmt.Println("token requests:", server.Requests())
	// Output:
	// 09:00 <nil> / <nil>
	// 10:00 <nil> / <nil>
	// 10:00 <nil> / <nil>
	// 10:00 <nil> / access token revoked
	// token requests: 1
}
