package sessions_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"time"

	"github.com/holdfast-go/holdfast/sessions"
)

// spatiumInMemory issues permission-1, permission-2, … to everybody.
func spatiumInMemory() http.RoundTripper {
	n := 0
	return roundTripper(func(r *http.Request) (int, string) {
		n++
		return http.StatusOK, fmt.Sprintf(`{"requestId":%q,"data":{
			"permissionToken":{"permissionToken":"permission-%d","issuer":"authorization-service","expiresAt":%d},
			"permissionRefreshToken":{"permissionRefreshToken":"renewal-%d","issuer":"authorization-service","expiresAt":%d}}}`,
			r.Header.Get("Request-Id"), n, time.Now().Add(15*time.Minute).Unix(), n, time.Now().Add(720*time.Hour).Unix())
	})
}

// Each line that a user of Spatium's AuthorizationSession has, and what he writes
// instead.
func Example_movingFromSpatium() {
	if err := movesFromSpatium(context.Background(), &http.Client{Transport: spatiumInMemory()}); err != nil {
		log.Fatal(err)
	}
	// Output:
	// permission-1
	// permission-2
}

func movesFromSpatium(ctx context.Context, base *http.Client) error {
	mgr, err := sessions.Open(sessions.Config{})
	if err != nil {
		return err
	}

	// had: const session = new AuthorizationSession(…)  // the service's URL, a tokenId, the permissions
	service := sessions.Spatium("https://cloud.spatium.net/authorization/v1")
	service.HTTPClient = base // nil: a hardened default
	s, err := mgr.Session("phone", sessions.Authorization(service, "phone", "read", "delete"))
	if err != nil {
		return err
	}

	// had: await session.establish(securityToken)
	err = s.Establish(ctx, "security token")
	if err != nil {
		return err
	}

	// had: const permissionToken = await session.getPermissionToken()
	permissionToken, err := s.AccessToken(ctx)
	if err != nil {
		return err
	}

	fmt.Println(permissionToken)

	// had: await session.refresh()
	err = s.Refresh(ctx)
	if err != nil {
		return err
	}

	if err := printToken(ctx, s); err != nil {
		return err
	}
	return mgr.Close(ctx)
}

// printToken prints what a session gives out.
func printToken(ctx context.Context, s *sessions.Session) error {
	at, err := s.AccessToken(ctx)
	if err != nil {
		return err
	}

	fmt.Println(at)
	return nil
}

// printBody prints an answer.
func printBody(resp *http.Response) error {
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}

	fmt.Println(string(text))
	return resp.Body.Close()
}
