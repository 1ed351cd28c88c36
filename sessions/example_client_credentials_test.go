package sessions_test

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/holdfast-go/holdfast/sessions"
)

// A token for one of many tenants: the key is yours, the subject is the server's
// name for it. Asking the Manager again for the same key is cheap.
func ExampleClientCredentials() {
	ctx := context.Background()
	mgr, err := sessions.Open(sessions.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = mgr.Close(ctx) }()
	box := sessions.Box("https://api.box.com", "client ID", "client secret")
	box.HTTPClient = inMemory()

	authorize := func(tenant string, req *http.Request) error {
		s, err := mgr.Session("tenant-"+tenant, sessions.ClientCredentials(box, sessions.Subject{Type: "enterprise", ID: tenant}))
		if err != nil {
			return err
		}
		return s.Authorize(req)
	}

	for _, tenant := range []string{"42", "43", "42"} {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://api.box.com/2.0/folders/0", http.NoBody)
		if err != nil {
			log.Fatal(err)
		}
		if err := authorize(tenant, req); err != nil {
			log.Fatal(err)
		}
		fmt.Println(tenant, req.Header.Get("Authorization"))
	}
	// Output:
	// 42 Bearer token-1
	// 43 Bearer token-2
	// 42 Bearer token-1
}
