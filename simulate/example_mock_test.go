package simulate_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/simulate"
)

// Tests that step a Mock of github.com/benbjohnson/clock keep it.
func ExampleNewServer_mock() {
	ctx := context.Background()
	mock := clock.NewMock()
	server := simulate.NewServer(clockutil.Adapt(mock), simulate.TokenTTL(30*time.Minute))
	mgr, err := sessions.Open(sessions.Config{Clock: clockutil.Adapt(mock)})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = mgr.Close(ctx) }()
	session, err := mgr.Session("reports", sessions.Anonymous(server.Endpoint()))
	if err != nil {
		log.Fatal(err)
	}
	for range 3 {
		token, err := session.AccessToken(ctx)
		fmt.Println(err, "/", server.Valid(token), "/ token requests:", server.Requests())
		mock.Add(time.Hour)
	}
	// Output:
	// <nil> / <nil> / token requests: 1
	// <nil> / <nil> / token requests: 2
	// <nil> / <nil> / token requests: 3
}
