package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/holdfast-go/holdfast/conformance/authserver"
	"github.com/holdfast-go/holdfast/conformance/caspio"
	"github.com/holdfast-go/holdfast/conformance/spatium"
	"github.com/holdfast-go/holdfast/examples/internal/web"
	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

// services are what the tenants' tokens come from: a real authorization server, and
// next to it small fakes of Spatium's service and of Caspio's, where every tenant has an
// account.
type services struct {
	home *home
	auth *authserver.Server

	spatium  *spatium.Service
	caspio   map[string]*caspio.Account // by tenant
	unsteady *unsteady                  // in front of both
	fakes    *web.Site

	clients map[string]authserver.Client // by tenant
	kinds   map[string]tenantKind        // by tenant
}

// ages is longer than a world is kept, in whole seconds.
const ages = 10 * 365 * 24 * time.Hour

// openServices starts the services in their home. When it fails what was started is
// closed.
func openServices(s settings, h *home, tenants []*tenant) (*services, error) {
	v := &services{
		home:    h,
		caspio:  map[string]*caspio.Account{},
		clients: map[string]authserver.Client{},
		kinds:   map[string]tenantKind{},
	}
	err := v.openAuth(s, tenants)
	if err == nil {
		err = v.openFakes(s, tenants)
	}
	if err != nil {
		return nil, errors.Join(err, v.close(context.Background()))
	}
	return v, nil
}

// openAuth starts the authorization server, with the client of the gateway and those of
// the tenants who have one.
func (v *services) openAuth(s settings, tenants []*tenant) (err error) {
	gateway := authserver.DefaultClient()
	gateway.Secret, gateway.Key = v.home.secret("the gateway"), v.home.key.Public()
	clients := []authserver.Client{gateway}
	for _, t := range tenants {
		v.kinds[t.name] = t.kind
		v.clients[t.name] = gateway
		if t.kind.client != nil {
			own := t.kind.client(v, t.name)
			own.ID = t.name
			v.clients[t.name] = own
			clients = append(clients, own)
		}
	}
	v.auth, err = authserver.StartOn(v.home.auth, authserver.Config{
		Lifetime: s.lifetime, RefreshLifetime: ages, Clients: clients, File: v.home.path("authserver.db"),
	})
	return err
}

func (v *services) openFakes(s settings, tenants []*tenant) (err error) {
	paths := http.NewServeMux()
	passwords := map[string]string{}
	for _, t := range tenants {
		passwords[t.name] = v.password(t.name)
		account := caspio.New(caspio.Config{
			ClientID: t.name, Secret: v.password(t.name), Key: []byte(v.home.secret("the account of " + t.name)),
		})
		v.caspio[t.name] = account
		paths.Handle("/"+t.name+"/", http.StripPrefix("/"+t.name, account))
	}
	v.spatium, err = spatium.New(spatium.Config{
		Lifetime: s.lifetime, RefreshLifetime: ages, Users: passwords, Key: v.home.spatiumKey,
	})
	if err != nil {
		return err
	}
	paths.Handle(spatium.BasePath+"/", v.spatium)
	v.unsteady = newUnsteady(paths)
	v.fakes = web.Serve(v.home.fakes, v.unsteady)
	return nil
}

// password is that of a tenant at the fakes.
func (v *services) password(tenant string) string { return v.home.secret("the password of " + tenant) }

// endpoint is the authorization server as its documentation describes it to who acts
// for a tenant.
func (v *services) endpoint(tenant string) sessions.Endpoint {
	client := v.clients[tenant]
	auth := sessions.Basic(client.Secret)
	if client.Auth == authserver.PrivateKeyJWT {
		auth = sessions.PrivateKeyJWT(v.assertion())
	}
	return sessions.Endpoint{
		TokenURL:      v.auth.URL() + authserver.TokenPath,
		RevokeURL:     v.auth.URL() + authserver.RevokePath,
		ClientID:      client.ID,
		Auth:          auth,
		SubjectFields: [2]string{"box_subject_type", "box_subject_id"},
	}
}

// assertion is what the gateway signs.
func (v *services) assertion() sessions.Assertion {
	return sessions.Assertion{Algorithm: "ES256", Key: v.home.key}
}

// login returns what a login of the tenant leaves.
func (v *services) login(tenant string) (messages.Token, error) {
	pair, err := v.auth.Login(v.clients[tenant].ID, tenant, scopeRead, scopeWrite)
	if err != nil {
		return messages.Token{}, err
	}
	return messages.Token{
		Access:        messages.Secret(pair.Access),
		Refresh:       messages.Secret(pair.Refresh),
		Issued:        pair.Issued,
		Expiry:        pair.Expiry,
		RefreshExpiry: pair.RefreshExpiry,
	}, nil
}

// verify asks the service that gives a tenant his tokens whose this one is.
func (v *services) verify(tenant, accessToken string) (subject string, err error) {
	if ask := v.kinds[tenant].verify; ask != nil {
		return ask(v, tenant, accessToken)
	}
	claims, err := v.auth.Verify(accessToken)
	return claims.Subject, err
}

// setFaults has all of them go wrong alike.
func (v *services) setFaults(f authserver.Faults) {
	v.auth.SetFaults(f)
	v.unsteady.setFaults(f)
}

// fakeGrants is what the requests to the fakes are counted as.
const fakeGrants = "at the fakes"

// counts are those of the authorization server, and of the fakes.
func (v *services) counts() authserver.Counts {
	c := v.auth.Counts()
	c.Token[fakeGrants] = v.unsteady.counts()
	return c
}

// close ends what openServices has started.
func (v *services) close(ctx context.Context) error {
	var errs []error
	if v.fakes != nil {
		errs = append(errs, wrap("close the fakes", v.fakes.Close(ctx)))
	}
	if v.auth != nil {
		errs = append(errs, wrap("close the authorization server", v.auth.Close()))
	}
	return errors.Join(errs...)
}
