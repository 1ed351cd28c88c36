package sessions

import (
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// UnsignedBoxActor returns the actor token that Box takes for annotators outside
// of the enterprise: a JWT that nobody has signed, for the actor with this id and
// name. expiry is when Box stops taking it, a minute from now as a rule. No
// other server should be sent one.
func UnsignedBoxActor(clientID, id, name string, expiry time.Time) *messages.Actor {
	header := segment(map[string]any{"alg": "none", "typ": "JWT"})
	claims := segment(map[string]any{
		"iss":          clientID,
		"sub":          id,
		"aud":          "https://api.box.com/oauth2/token",
		"box_sub_type": "external",
		"name":         name,
		"exp":          expiry.Unix(),
		"jti":          randomName() + randomName(),
	})
	return &messages.Actor{
		Token: messages.Secret(header + "." + claims + "."),
		Type:  "urn:ietf:params:oauth:token-type:id_token",
	}
}

func segment(v map[string]any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("BUG: texts and numbers cannot be encoded: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(b)
}
