package sessions

import (
	"github.com/holdfast-go/holdfast/actor"
	"github.com/holdfast-go/holdfast/internal/wire"
	"github.com/holdfast-go/holdfast/messages"
)

// ClientCredentials is client credentials (RFC 6749, section 4.4) for a subject of
// the client: a user, an enterprise. The subject is sent in the form fields that
// Endpoint.SubjectFields names; with the zero Subject, nothing is. Its sessions need
// no human, and each renewal is a new grant.
func ClientCredentials(e Endpoint, s Subject) Kind {
	return once(&clientCredentials{"ClientCredentials", &e, s})
}

type clientCredentials struct {
	kindName
	endpoint *Endpoint
	subject  Subject
}

func (k *clientCredentials) plan() (*plan, error) {
	if err := k.check(); err != nil {
		return nil, err
	}
	return newPlan("client_credentials", *k.endpoint, actor.Rules{Exchanging: actor.ByRequest}, grant{form: k.form}, k.subject.Type, k.subject.ID), nil
}

func (k *clientCredentials) check() error {
	fields := k.endpoint.SubjectFields
	switch {
	case k.subject == Subject{}:
	case k.subject.Type == "":
		return messages.Invalid("Subject.Type", "is empty")
	case k.subject.ID == "":
		return messages.Invalid("Subject.ID", "is empty")
	case fields[0] == "" || fields[1] == "":
		return messages.Invalid("Endpoint.SubjectFields", "has no names for a Subject's Type and ID")
	}
	return k.endpoint.check()
}

func (k *clientCredentials) form(m actor.Mint) []wire.Field {
	fields := k.endpoint.SubjectFields
	return append(clientCredentialsForm(m),
		wire.Field{Name: fields[0], Value: k.subject.Type},
		wire.Field{Name: fields[1], Value: k.subject.ID},
	)
}
