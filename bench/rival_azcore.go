package main

import (
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// azcore's bearer policy, over a credential that gets new tokens, in a pipeline as
// azcore's clients have it.
func azcorePolicy() rival {
	return rival{
		name:   "azcore policy",
		role:   library,
		module: "github.com/Azure/azure-sdk-for-go/sdk/azcore",
		open:   openAzcore,
		cannot: map[string]string{
			"hot":      onlyRequests,
			"renewals": noForce,
			"latency":  onlyRequests,
		},
	}
}

const onlyRequests = "it hands out no token, it puts it on requests: see the scenario request"

var azureScopes = []string{"https://api.example/.default"}

// credential makes an azcore.TokenCredential of an endpoint.
type credential struct{ endpoint *endpoint }

// GetToken implements azcore.TokenCredential.
func (c credential) GetToken(ctx context.Context, _ policy.TokenRequestOptions) (azcore.AccessToken, error) {
	t, err := c.endpoint.mint(ctx)
	if err != nil {
		return azcore.AccessToken{}, err
	}
	return azcore.AccessToken{Token: t.AccessToken, ExpiresOn: t.Expiry}, nil
}

type azcoreKeeper struct{ *handles[*azcoreSession] }

type azcoreSession struct {
	bearer   *runtime.BearerTokenPolicy
	pipeline runtime.Pipeline
}

func openAzcore(e *endpoint, o options) (keeper, error) {
	h, err := newHandles(o.sessions, func(int) (*azcoreSession, error) {
		bearer := runtime.NewBearerTokenPolicy(credential{e}, azureScopes, nil)
		return &azcoreSession{bearer, azcorePipeline(bearer, resource{})}, nil
	})
	return &azcoreKeeper{h}, err
}

func azcorePipeline(bearer policy.Policy, base http.RoundTripper) runtime.Pipeline {
	return runtime.NewPipeline("bench", "v1.0.0",
		runtime.PipelineOptions{PerRetry: []policy.Policy{bearer}},
		&policy.ClientOptions{Transport: &http.Client{Transport: base}})
}

// token sends a request, since that is the only way to a token.
func (k *azcoreKeeper) token(ctx context.Context, session int) (string, error) {
	req, err := runtime.NewRequest(ctx, http.MethodGet, resourceOrigin)
	if err != nil {
		return "", err
	}
	resp, err := k.all[session].pipeline.Do(req)
	if err != nil {
		return "", err
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return strings.TrimPrefix(resp.Request.Header.Get("Authorization"), "Bearer "), nil
}

// transport is the whole pipeline: the policy cannot be had without.
func (k *azcoreKeeper) transport(base http.RoundTripper) (http.RoundTripper, error) {
	return azcoreTransport{azcorePipeline(k.all[0].bearer, base)}, nil
}

type azcoreTransport struct{ pipeline runtime.Pipeline }

// RoundTrip implements http.RoundTripper.
func (t azcoreTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	r, err := runtime.NewRequest(req.Context(), req.Method, resourceURL)
	if err != nil {
		return nil, err
	}
	return t.pipeline.Do(r)
}
