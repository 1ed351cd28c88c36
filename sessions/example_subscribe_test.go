package sessions_test

import (
	"context"
	"fmt"
	"log"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

// Hear of what happens to sessions, such as that somebody has to log in again.
func ExampleManager_Subscribe() {
	ctx := context.Background()
	mgr, err := sessions.Open(sessions.Config{})
	if err != nil {
		log.Fatal(err)
	}
	mgr.Subscribe(func(ev messages.Event) {
		switch ev := ev.(type) {
		case messages.Acquired:
			fmt.Println(ev.Key, "has its first token")
		case messages.Renewed:
			fmt.Println(ev.Key, "has token number", ev.Generation)
		case messages.Denied:
			fmt.Println(ev.Key, "needs a login:", ev.Cause)
		case messages.Missed:
			fmt.Println("too slow:", ev.N, "events are lost")
		}
	})

	s, err := mgr.Session("api", sessions.Anonymous(sessions.Endpoint{
		TokenURL:   "https://as.example/oauth2/token",
		ClientID:   "shop",
		Auth:       sessions.Basic("client secret"),
		HTTPClient: inMemory(),
	}))
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		if err := s.Refresh(ctx); err != nil {
			log.Fatal(err)
		}
	}
	if err := mgr.Close(ctx); err != nil { // returns when all has been heard
		log.Fatal(err)
	}
	// Output:
	// api has its first token
	// api has token number 2
}
