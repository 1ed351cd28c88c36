package authserver_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/conformance/authserver"
)

// A refresh token is used twice, because the answer to the first use was lost.
func Example() {
	srv, err := authserver.Start(authserver.Config{Lifetime: 5 * time.Second})
	if err != nil {
		panic(err)
	}
	defer func() { _ = srv.Close() }()
	pair, err := srv.Login("client", "alice")
	if err != nil {
		panic(err)
	}
	renew := func() string {
		form := url.Values{"grant_type": {authserver.RefreshToken}, "refresh_token": {pair.Refresh}}
		req, _ := http.NewRequest(http.MethodPost, srv.URL()+authserver.TokenPath, strings.NewReader(form.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.SetBasicAuth("client", "secret")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return "no answer"
		}
		defer func() { _ = res.Body.Close() }()
		return res.Status
	}

	srv.SetFaults(authserver.Faults{DropAnswers: authserver.All, Times: 1})
	fmt.Println(renew())
	fmt.Println(renew())
	_, err = srv.Verify(pair.Access)
	fmt.Println(errors.Is(err, authserver.ErrRevoked), srv.Counts().Reuses)

	// Output:
	// no answer
	// 400 Bad Request
	// true 1
}
