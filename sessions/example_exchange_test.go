package sessions_test

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

// A token that can do less, to hand to a browser: for one file, to look at only. The
// next who asks for the same is given the same, as long as it lives.
func ExampleSession_Exchange() {
	ctx := context.Background()
	mgr, err := sessions.Open(sessions.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = mgr.Close(ctx) }()
	box := sessions.Box("https://api.box.com", "client ID", "client secret")
	box.HTTPClient = downscopes()

	s, err := mgr.Session("tenant-42", sessions.ClientCredentials(box, sessions.Subject{Type: "enterprise", ID: "42"}))
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		preview, err := s.Exchange(ctx, messages.Exchange{
			Scopes:   []string{"item_preview"},
			Resource: "https://api.box.com/2.0/files/1234",
		})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(preview.Access.Reveal(), preview.Scopes)
	}
	// Output:
	// asked for by token-1: item_preview
	// token-2 [item_preview]
	// token-2 [item_preview]
}

// downscopes is the authorization server of the example. Leave Endpoint.HTTPClient
// out to talk to a real one.
func downscopes() *http.Client {
	n := 0
	return &http.Client{Transport: roundTripper(func(req *http.Request) (int, string) {
		n++
		_ = req.ParseForm()
		scope := req.PostForm.Get("scope")
		if scope != "" {
			fmt.Printf("asked for by %s: %s\n", req.PostForm.Get("subject_token"), scope)
		}
		return http.StatusOK, fmt.Sprintf(`{"access_token":"token-%d","token_type":"bearer","expires_in":3600,"scope":%q}`, n, scope)
	})}
}
