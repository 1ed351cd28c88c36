package main

import (
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// What the program and its workers say to each other is one JSON object a line, on the
// worker's standard input and output. Tokens and passwords go this way, and not by
// arguments or the environment, which others can see.

// order is the first line that a worker is told.
type order struct {
	Name      string // of the worker
	Store     string // what -store would say; it may hold a password
	Namespace string
	TokenURL  string
	RevokeURL string
	Secret    string // of the client
	Grace     time.Duration
	Sessions  []login
}

// login is what a worker has of a session when it starts.
type login struct {
	Key             string
	Access, Refresh string
	Issued, Expiry  time.Time
}

func (l login) token() messages.Token {
	return messages.Token{
		Access: messages.Secret(l.Access), Refresh: messages.Secret(l.Refresh), Issued: l.Issued, Expiry: l.Expiry,
	}
}

// command is a line that follows.
type command struct {
	Do  do
	Key string `json:",omitempty"` // of a session
}

// do is what a worker is to do.
type do string

const (
	watch  do = "watch"  // ask for a session's token each millisecond, until it is revoked
	revoke do = "revoke" // revoke a session
	finish do = "finish" // send the callers home, ask once more for each token, and end
)

// word is a line that a worker says.
type word struct {
	Say say
	Key string `json:",omitempty"` // of a session

	At    time.Time `json:",omitzero"`  // of revoked: when it was; of gone: when the last call began that got a token
	Error string    `json:",omitempty"` // of revoked, failed: what went wrong

	Calls   int            `json:",omitempty"` // of count: so far
	Refused int            `json:",omitempty"` // of count: of them, those that were told to come again
	Longest time.Duration  `json:",omitempty"` // of count: the longest wait
	Ends    map[string]end `json:",omitempty"` // of ended: by session
}

// say is what a word is about.
type say string

const (
	ready    say = "ready"    // all sessions are open
	count    say = "count"    // each second
	watching say = "watching" // to watch
	revoked  say = "revoked"  // to revoke
	gone     say = "gone"     // a watched session is revoked
	ended    say = "ended"    // to finish; the last word
	failed   say = "failed"   // it cannot go on; the last word
)

// end is how a session ended in a worker.
type end struct {
	Generation uint64
	Verdict    verdict
	Error      string `json:",omitempty"`
}

// verdict is what came of the last ask.
type verdict string

const (
	alive       verdict = "alive"
	wasRevoked  verdict = "revoked"
	unknown     verdict = "outcome unknown" // dead, since the refresh token may have been spent
	dead        verdict = "dead"
	unavailable verdict = "unavailable" // for a minute
)
