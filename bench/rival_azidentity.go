package main

import (
	"cmp"
	"context"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// azidentity's in-memory cache: GetToken of a ClientSecretCredential.
func azidentityCache() rival {
	return rival{
		name:   "azidentity",
		role:   library,
		module: "github.com/Azure/azure-sdk-for-go/sdk/azidentity",
		open:   openAzidentity,
		cannot: map[string]string{"outage": fiveMinutes, "latency": fiveMinutes},
	}
}

const fiveMinutes = "it keeps no token in the last 5 min of its life, and these live less"

type azidentityKeeper struct {
	*handles[*azidentity.ClientSecretCredential]
}

func openAzidentity(e *endpoint, o options) (keeper, error) {
	h, err := newHandles(o.sessions, func(int) (*azidentity.ClientSecretCredential, error) {
		return azidentity.NewClientSecretCredential("tenant", "client", "secret", &azidentity.ClientSecretCredentialOptions{
			ClientOptions:            policy.ClientOptions{Transport: e.client()},
			DisableInstanceDiscovery: true, // a request to elsewhere, which is nobody's subject here
		})
	})
	return &azidentityKeeper{h}, err
}

var azureRequest = policy.TokenRequestOptions{Scopes: azureScopes}

func (k *azidentityKeeper) token(ctx context.Context, session int) (string, error) {
	t, err := k.all[session].GetToken(ctx, azureRequest)
	return t.Token, err
}

func (k *azidentityKeeper) spin(n int) error {
	ctx, credential := context.Background(), k.all[0]
	for range n {
		if t, err := credential.GetToken(ctx, azureRequest); err != nil || t.Token == "" {
			return cmp.Or(err, error(noToken))
		}
	}
	return nil
}

func (k *azidentityKeeper) walk(order []int) error {
	ctx := context.Background()
	for _, i := range order {
		if t, err := k.all[i].GetToken(ctx, azureRequest); err != nil || t.Token == "" {
			return cmp.Or(err, error(noToken))
		}
	}
	return nil
}

func (k *azidentityKeeper) seek(keys []string) error {
	ctx := context.Background()
	for _, key := range keys {
		if t, err := k.find(key).GetToken(ctx, azureRequest); err != nil || t.Token == "" {
			return cmp.Or(err, error(noToken))
		}
	}
	return nil
}
