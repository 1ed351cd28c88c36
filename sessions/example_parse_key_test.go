package sessions_test

import (
	"fmt"
	"os"

	"github.com/holdfast-go/holdfast/sessions"
)

// Box's server authentication, with the key that its console makes.
func ExampleParseKey() {
	file, err := os.ReadFile("testdata/keys/rsa_des3_sha1.pem")
	if err != nil {
		panic(err)
	}
	key, err := sessions.ParseKey(file, []byte("canary-passphrase"))
	if err != nil {
		panic(err)
	}
	kind := sessions.JWTBearer(
		sessions.Box("https://api.box.com", "my-client", "my-secret"),
		sessions.BoxAssertion("my-client", "my-key-id", sessions.Subject{Type: "enterprise", ID: "12345"}, key),
	)
	fmt.Println(kind)
	// Output:
	// JWTBearer
}
