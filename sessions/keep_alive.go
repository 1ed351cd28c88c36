package sessions

import (
	"github.com/holdfast-go/holdfast/messages"
)

// KeepAlive is a kind whose sessions, once asked, renew when their token is stale
// without being asked again. They do not sleep.
func KeepAlive(k Kind) Kind { return once(&keepAlive{"KeepAlive", k}) }

type keepAlive struct {
	kindName
	kind Kind
}

func (k *keepAlive) plan() (*plan, error) {
	if k.kind == nil {
		return nil, messages.Invalid("kind", "is nil")
	}
	p, err := k.kind.plan()
	if err != nil {
		return nil, err
	}
	kept, rules := *p, *p.rules
	rules.KeepAlive = true
	kept.rules, kept.made = &rules, &made{}
	return &kept, nil
}
