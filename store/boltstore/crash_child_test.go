package boltstore_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/internal/record"
	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/simulate"
	"github.com/holdfast-go/holdfast/store"
	"github.com/holdfast-go/holdfast/store/boltstore"
)

// order is what a child process is started for.
type order struct {
	File, TokenURL, Key     string
	Grace                   time.Duration
	Now                     time.Time
	Access, Refresh         string // of the login
	LoggedIn, LoginValidFor time.Time
}

// child is a process that is about to be killed: it says on its standard output where
// it has come to, and waits for a line on its standard input before it goes on.
type child struct {
	in    *bufio.Scanner
	clock *clockutil.Virtual
}

// playChild is the child's main.
func playChild() {
	c := &child{in: bufio.NewScanner(os.Stdin)}
	var o order
	if err := json.Unmarshal([]byte(c.hears()), &o); err != nil {
		c.fails(err)
	}
	c.clock = clockutil.NewVirtual(o.Now)
	c.passes("during open")
	s, err := boltstore.Open(o.File, boltstore.Options{})
	if err != nil {
		c.fails(err)
	}
	mgr, err := sessions.Open(sessions.Config{Store: &leafStore{s, c}, Clock: c.clock, Name: "child"})
	if err != nil {
		c.fails(err)
	}
	session, err := mgr.Session(o.Key, sessions.Persistent(c.endpoint(o), o.login()))
	if err != nil {
		c.fails(err)
	}
	for { // until it is killed
		c.answers(session.AccessToken(context.Background()))
		d, err := time.ParseDuration(c.hears())
		if err != nil {
			c.fails(err)
		}
		c.clock.Advance(d)
	}
}

func (o order) login() messages.Token {
	return messages.Token{
		Access: messages.Secret(o.Access), Refresh: messages.Secret(o.Refresh),
		Issued: o.LoggedIn, Expiry: o.LoginValidFor,
	}
}

// endpoint is the parent's server, as its operator would describe it.
func (c *child) endpoint(o order) sessions.Endpoint {
	e := simulate.NewServer(c.clock, simulate.Grace(o.Grace)).Endpoint()
	e.TokenURL, e.RevokeURL = o.TokenURL, ""
	e.HTTPClient = &http.Client{Transport: &leafTransport{http.DefaultTransport, c}}
	return e
}

// hears waits for a line of the parent, and ends with it.
func (c *child) hears() string {
	if !c.in.Scan() {
		os.Exit(0)
	}
	return c.in.Text()
}

// passes says where the process is, and goes on.
func (*child) passes(point string) { fmt.Println("at", point) }

// stops says where the process is, and waits until it may go on.
func (c *child) stops(point string) {
	c.passes(point)
	c.hears()
}

func (*child) answers(token string, err error) {
	switch {
	case err == nil:
		fmt.Println("token", token)
	case errors.Is(err, sessions.ErrOutcomeUnknown):
		fmt.Println("lost")
	default:
		fmt.Println("error", strings.ReplaceAll(err.Error(), "\n", " "))
	}
}

func (c *child) fails(err error) {
	c.answers("", err)
	os.Exit(1)
}

// leafStore stops before, during and behind each leaf.
type leafStore struct {
	*boltstore.Store
	child *child
}

func (s *leafStore) Load(ctx context.Context, key string, min store.Rev) (store.Entry, error) {
	s.child.stops("before load")
	defer s.child.stops("behind load")
	return s.Store.Load(ctx, key, min)
}

func (s *leafStore) Swap(
	ctx context.Context, key string, prev store.Rev, value []byte, gone bool, op store.OpID,
) (store.Rev, error) {
	leaf := "save"
	if r, err := record.Decode(value); err == nil && r.Claim.Owner != "" {
		leaf = "claim"
	}
	s.child.stops("before " + leaf)
	defer s.child.stops("behind " + leaf)
	s.child.passes("during " + leaf)
	return s.Store.Swap(ctx, key, prev, value, gone, op)
}

// leafTransport stops before and behind each request.
type leafTransport struct {
	http.RoundTripper
	child *child
}

func (t *leafTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	t.child.stops("before mint")
	defer t.child.stops("behind mint")
	t.child.passes("during mint")
	return t.RoundTripper.RoundTrip(req)
}
