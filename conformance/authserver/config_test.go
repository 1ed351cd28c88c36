package authserver_test

import (
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/conformance/authserver"
)

func TestNewRefusesABadConfig(t *testing.T) {
	one := authserver.DefaultClient()
	for name, cfg := range map[string]authserver.Config{
		"a negative grace":       {Grace: -1},
		"half a second":          {Lifetime: 500 * time.Millisecond},
		"a client without name":  {Clients: []authserver.Client{{Secret: "secret"}}},
		"no secret":              {Clients: []authserver.Client{{ID: "client"}}},
		"no key":                 {Clients: []authserver.Client{{ID: "client", Auth: authserver.PrivateKeyJWT}}},
		"an unknown method":      {Clients: []authserver.Client{{ID: "client", Secret: "secret", Auth: 9}}},
		"a client's half second": {Clients: []authserver.Client{{ID: "client", Auth: authserver.None, Lifetime: time.Second / 2}}},
		"two of one name":        {Clients: []authserver.Client{one, one}},
	} {
		if _, err := authserver.New(cfg); err == nil {
			t.Errorf("%s: New accepts it", name)
		}
	}
}

func TestLoginAtAnUnknownClientFails(t *testing.T) {
	w := open(t, authserver.Config{})
	if _, err := w.Login("nobody", "alice"); err == nil {
		t.Error("Login accepts it")
	}
}
