package sessions_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

// A session that is asked rarely, and must not keep the one who asks waiting: once
// it has a token it renews it in time, without being asked.
func ExampleKeepAlive() {
	ctx := context.Background()
	clock := clockutil.NewVirtual(time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC))
	mgr, err := sessions.Open(sessions.Config{Clock: clock})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = mgr.Close(ctx) }()
	renewed := make(chan messages.Renewed, 1)
	mgr.Subscribe(func(ev messages.Event) {
		if ev, ok := ev.(messages.Renewed); ok {
			renewed <- ev
		}
	})
	s, err := mgr.Session("api", sessions.KeepAlive(sessions.Anonymous(sessions.Endpoint{
		TokenURL:   "https://as.example/oauth2/token",
		ClientID:   "shop",
		Auth:       sessions.Basic("client secret"),
		HTTPClient: inMemory(),
	})))
	if err != nil {
		log.Fatal(err)
	}

	token, err := s.AccessToken(ctx)
	fmt.Println(token, err)
	clock.Advance(58 * time.Minute) // nobody asks
	fmt.Println("renewed: token number", (<-renewed).Generation)
	token, err = s.AccessToken(ctx)
	fmt.Println(token, err)
	// Output:
	// token-1 <nil>
	// renewed: token number 2
	// token-2 <nil>
}
