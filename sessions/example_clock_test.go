package sessions_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/sessions"
)

// In your own tests let time pass by hand: a day takes no time.
func ExampleOpen_timeTravel() {
	ctx := context.Background()
	clock := clockutil.NewVirtual(time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC))
	mgr, err := sessions.Open(sessions.Config{Clock: clock})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = mgr.Close(ctx) }()
	s, err := mgr.Session("api", sessions.Anonymous(sessions.Endpoint{
		TokenURL:   "https://as.example/oauth2/token",
		ClientID:   "shop",
		Auth:       sessions.Basic("client secret"),
		HTTPClient: inMemory(),
	}))
	if err != nil {
		log.Fatal(err)
	}

	for range 3 {
		token, err := s.Token(ctx)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s %s until %s\n", clock.Now().Format("Mon 15:04"), token.Access.Reveal(), token.Expiry.Format("15:04"))
		clock.Advance(24 * time.Hour)
	}
	// Output:
	// Thu 09:00 token-1 until 10:00
	// Fri 09:00 token-2 until 10:00
	// Sat 09:00 token-3 until 10:00
}
