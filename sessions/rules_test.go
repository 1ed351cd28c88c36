package sessions

import (
	"crypto/ed25519"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/actor"
	"github.com/holdfast-go/holdfast/messages"
)

// kindsTold are the kinds whose tables are in internal/machine/testdata/kinds.
var kindsTold = map[string]Kind{
	"anonymous":                             Anonymous(told),
	"anonymous_without_revocation":          Anonymous(toldWithout),
	"client_credentials":                    ClientCredentials(told, Subject{}),
	"client_credentials_without_revocation": ClientCredentials(toldWithout, Subject{}),
	"client_token":                          ClientToken(toldWithout),
	"client_token_with_revocation":          ClientToken(told),
	"jwt_bearer":                            JWTBearer(told, Assertion{Issuer: "i", Subject: "s", Algorithm: "EdDSA", Key: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))}),
	"persistent":                            Persistent(told, toldPair),
	"persistent_without_revocation":         Persistent(toldWithout, toldPair),
	"persistent_stored":                     Persistent(told, messages.Token{}),
	"persistent_renewal_revokes":            Persistent(Box("https://as.example", "client", "secret"), toldPair),
	"persistent_reuse_grace":                Persistent(toldGrace, toldPair),
	"authorization":                         Authorization(Spatium("https://as.example"), "id", "read"),
	"static":                                Static(told, toldToken),
	"static_without_expiry":                 Static(told, messages.Token{Access: "tok0"}),
	"static_without_endpoint":               Static(Endpoint{}, toldToken),
	"keep_alive_client_credentials":         KeepAlive(ClientCredentials(told, Subject{})),
	"keep_alive_persistent":                 KeepAlive(Persistent(told, toldPair)),
	"keep_alive_persistent_renewal_revokes": KeepAlive(Persistent(Box("https://as.example", "client", "secret"), toldPair)),
	"keep_alive_authorization":              KeepAlive(Authorization(Spatium("https://as.example"), "id", "read")),
}

var (
	told        = Endpoint{TokenURL: "https://as.example/token", RevokeURL: "https://as.example/revoke", ClientID: "client", Auth: None()}
	toldWithout = Endpoint{TokenURL: "https://as.example/token", ClientID: "client", Auth: None()}
	toldGrace   = Endpoint{TokenURL: "https://as.example/token", RevokeURL: "https://as.example/revoke", ClientID: "client", Auth: None(), ReuseGrace: time.Minute}

	toldToken = messages.Token{Access: "tok0", Expiry: time.Date(2026, time.January, 1, 13, 0, 0, 0, time.UTC)}
	toldPair  = messages.Token{Access: "tok0", Refresh: "ref0", Issued: toldToken.Expiry.Add(-time.Hour), Expiry: toldToken.Expiry}
)

// The tables of the machine's stories are those of the kinds: the first line of
// each says by which rules it was told.
func TestRulesOfEveryKind(t *testing.T) {
	files, err := filepath.Glob("../internal/machine/testdata/kinds/*.txt")
	if err != nil || len(files) != len(kindsTold) {
		t.Errorf("%d tables, %v; want %d", len(files), err, len(kindsTold))
	}
	for name, kind := range kindsTold {
		text, err := os.ReadFile("../internal/machine/testdata/kinds/" + name + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		p, err := kind.plan()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want, _, _ := strings.Cut(string(text), "\n")
		if diff := cmp.Diff(want, rulesInWords(*p.rules)); diff != "" {
			t.Errorf("%s (-the table's +the kind's):\n%s", name, diff)
		}
	}
}

// rulesInWords says rules as the tables do.
func rulesInWords(r actor.Rules) string {
	words := []string{"rules:"}
	v := reflect.ValueOf(r)
	for i := range v.NumField() {
		switch name, field := v.Type().Field(i).Name, v.Field(i); {
		case field.IsZero() || name == "Identity":
		case field.Kind() == reflect.Bool || name == "Given":
			words = append(words, name)
		default:
			words = append(words, fmt.Sprintf("%s=%v", name, field))
		}
	}
	return strings.Join(words, " ")
}
