package main

import (
	"context"
	"time"

	"github.com/holdfast-go/holdfast/store"
)

// role is what somebody is in a contest for.
type role string

const (
	ours     role = "ours"
	library  role = "library"   // what a user could pick instead
	homeMade role = "home-made" // what a user could write instead
	limit    role = "limit"     // less than anybody can do who does the whole work
)

// rival is a way of keeping tokens, used as its documentation says.
type rival struct {
	name   string
	role   role
	module string // whose version is printed; empty: part of the harness

	// open returns a keeper of some sessions that have no token yet.
	open func(e *endpoint, o options) (keeper, error)

	// cannot says of a scenario why the rival takes no part in it.
	cannot map[string]string
}

// options are what a scenario may ask of a keeper.
type options struct {
	sessions   int
	renewEvery time.Duration // renew a token that long after it came; zero: when it is due
	retries    int           // of a renewal that fails while callers wait, where that can be chosen; zero: the default
	rate       float64       // token requests a second, where that can be chosen; zero: no limit
	inFlight   int           // renewals at once, likewise
	idleAfter  time.Duration // when unused sessions may sleep, where they can; zero: the default
	store      store.Store   // where sessions are kept, where that can be chosen; nil: the default
}

// keeper keeps the tokens of some sessions, which have the numbers from 0 on. It is
// safe for concurrent use.
type keeper interface {
	token(ctx context.Context, session int) (string, error)
	close() error
}

// looper is a keeper with loops for the hot path. Each calls the library and
// nothing in between, so that none pays for an indirect call that its users do not make.
type looper interface {
	spin(n int) error          // session 0, n times
	walk(sessions []int) error // the sessions, each by its handle
	seek(keys []string) error  // the sessions of these keys (see keyOf)
}

// renewer is a keeper that can be made to renew a token which is still good.
type renewer interface {
	renew(ctx context.Context, session int) error
}

const noToken = errText("an empty token was handed out")

// errText is an error that is a constant.
type errText string

func (e errText) Error() string { return string(e) }

// rivals are all ways of keeping tokens, in the order of the tables.
func rivals() []rival {
	return []rival{
		holdfast(), xOAuth2(), cloudAuth(), azcorePolicy(), azidentityCache(), msal(), awsCache(), clientGo(),
		rwMutex(), singleFlight(),
	}
}

// Reasons that several rivals have.
const (
	noContext   = "its Token takes no context"
	noForce     = "it has no way to renew a token that is still good"
	noTransport = "it puts no token on requests"
)
