package sessions_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

// A developer's token, copied from a web page, that lives for an hour.
func ExampleStatic() {
	mgr, err := sessions.Open(sessions.Config{})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	defer func() { _ = mgr.Close(ctx) }()

	token := messages.Token{Access: "developer-token", Issued: time.Now(), Expiry: time.Now().Add(time.Hour)}
	s, err := mgr.Session("developer", sessions.Static(sessions.Endpoint{}, token))
	if err != nil {
		log.Fatal(err)
	}
	at, err := s.AccessToken(ctx)
	fmt.Println(at, err)
	err = s.Refresh(ctx)
	fmt.Println(errors.Is(err, sessions.ErrNotSupported))
	// Output:
	// developer-token <nil>
	// true
}
