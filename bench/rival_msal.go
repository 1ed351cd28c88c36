package main

import (
	"cmp"
	"context"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"
)

// MSAL: AcquireTokenSilent, and AcquireTokenByCredential if that has none.
func msal() rival {
	return rival{
		name:   "MSAL",
		role:   library,
		module: "github.com/AzureAD/microsoft-authentication-library-for-go",
		open:   openMSAL,
		cannot: map[string]string{"outage": fiveMinutes, "latency": fiveMinutes},
	}
}

type msalKeeper struct {
	*handles[*confidential.Client]
}

func openMSAL(e *endpoint, o options) (keeper, error) {
	h, err := newHandles(o.sessions, func(int) (*confidential.Client, error) {
		secret, err := confidential.NewCredFromSecret("secret")
		if err != nil {
			return nil, err
		}
		client, err := confidential.New("https://login.microsoftonline.com/tenant", "client", secret,
			confidential.WithHTTPClient(e.client()),
			confidential.WithInstanceDiscovery(false)) // a request to elsewhere, which is nobody's subject here
		return &client, err
	})
	return &msalKeeper{h}, err
}

func acquire(ctx context.Context, client *confidential.Client) (string, error) {
	t, err := client.AcquireTokenSilent(ctx, azureScopes)
	if err != nil {
		t, err = client.AcquireTokenByCredential(ctx, azureScopes)
	}
	return t.AccessToken, err
}

func (k *msalKeeper) token(ctx context.Context, session int) (string, error) {
	return acquire(ctx, k.all[session])
}

func (k *msalKeeper) spin(n int) error {
	ctx, client := context.Background(), k.all[0]
	for range n {
		if t, err := acquire(ctx, client); err != nil || t == "" {
			return cmp.Or(err, error(noToken))
		}
	}
	return nil
}

func (k *msalKeeper) walk(order []int) error {
	ctx := context.Background()
	for _, i := range order {
		if t, err := acquire(ctx, k.all[i]); err != nil || t == "" {
			return cmp.Or(err, error(noToken))
		}
	}
	return nil
}

func (k *msalKeeper) seek(keys []string) error {
	ctx := context.Background()
	for _, key := range keys {
		if t, err := acquire(ctx, k.find(key)); err != nil || t == "" {
			return cmp.Or(err, error(noToken))
		}
	}
	return nil
}
