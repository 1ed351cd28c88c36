package main

import (
	"cmp"
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// aws-sdk-go-v2: CredentialsCache over a provider of new tokens, which travel as the
// session token of the credentials.
func awsCache() rival {
	return rival{
		name:   "aws cache",
		role:   library,
		module: "github.com/aws/aws-sdk-go-v2",
		open:   openAWS,
	}
}

type awsKeeper struct {
	*handles[*aws.CredentialsCache]
}

func openAWS(e *endpoint, o options) (keeper, error) {
	e.renewEvery(0, o)
	provider := aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		t, err := e.mint(ctx)
		if err != nil {
			return aws.Credentials{}, err
		}
		return aws.Credentials{
			AccessKeyID: "key", SecretAccessKey: "secret", // without them nothing is cached
			SessionToken: t.AccessToken,
			CanExpire:    true,
			Expires:      t.Expiry,
		}, nil
	})
	h, err := newHandles(o.sessions, func(int) (*aws.CredentialsCache, error) {
		return aws.NewCredentialsCache(provider), nil
	})
	return &awsKeeper{h}, err
}

func (k *awsKeeper) token(ctx context.Context, session int) (string, error) {
	c, err := k.all[session].Retrieve(ctx)
	return c.SessionToken, err
}

func (k *awsKeeper) renew(ctx context.Context, session int) error {
	k.all[session].Invalidate()
	_, err := k.all[session].Retrieve(ctx)
	return err
}

func (k *awsKeeper) spin(n int) error {
	ctx, cache := context.Background(), k.all[0]
	for range n {
		if c, err := cache.Retrieve(ctx); err != nil || c.SessionToken == "" {
			return cmp.Or(err, error(noToken))
		}
	}
	return nil
}

func (k *awsKeeper) walk(order []int) error {
	ctx := context.Background()
	for _, i := range order {
		if c, err := k.all[i].Retrieve(ctx); err != nil || c.SessionToken == "" {
			return cmp.Or(err, error(noToken))
		}
	}
	return nil
}

func (k *awsKeeper) seek(keys []string) error {
	ctx := context.Background()
	for _, key := range keys {
		if c, err := k.find(key).Retrieve(ctx); err != nil || c.SessionToken == "" {
			return cmp.Or(err, error(noToken))
		}
	}
	return nil
}
