module github.com/holdfast-go/holdfast/conformance

go 1.26

require (
	github.com/go-jose/go-jose/v4 v4.1.8
	github.com/google/go-cmp v0.7.0
	github.com/luikyv/go-oidc v0.23.0
)

require github.com/google/uuid v1.6.0 // indirect
