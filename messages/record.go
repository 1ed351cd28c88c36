package messages

import "time"

// Rev orders the writes of one key of a store. It only grows and is never used
// twice, not even across a tombstone. Zero means that there is no record.
type Rev uint64

// OpID names one logical write, so that it can be sent again without being done
// twice. The zero OpID names none.
type OpID [16]byte

// Record is what a store keeps of a session. Its encoding is the business of
// this module; a store sees bytes.
type Record struct {
	// Identity is a digest of all that makes the session this one and no other;
	// a record of another identity is refused.
	Identity Digest

	// Grant and Generation number the token: two are compared as
	// (Grant, Generation). Both zero: there has been no token.
	Grant, Generation uint64

	Token   Token
	Status  Status
	Cause   Failure   // of Dead
	Doubted bool      // of Dead: an answer had been lost; of Revoking: a doubt or a foreign claim stood here
	Written time.Time // by the writer's wall clock

	// Claim says who is renewing; the zero Claim: nobody.
	Claim Claim

	// Rejected is the digest of an access token that a resource server refused;
	// zero: none.
	Rejected Digest

	// Renewer is the Config.Name of who wrote the token last.
	Renewer string
}

// Newer reports whether the record's token is a newer one than (grant, generation).
func (r Record) Newer(grant, generation uint64) bool {
	if r.Grant != grant {
		return r.Grant > grant
	}
	return r.Generation > generation
}

// Status is what a record says about its session.
type Status uint8

const (
	// Alive says that the token can be renewed.
	Alive Status = iota

	// Dead says that the authorization server denied the grant.
	Dead

	// Revoking says that the session was revoked; the server has not confirmed it. A tombstone.
	Revoking

	// Gone says that the session was revoked and the server confirmed it. A tombstone.
	Gone
)

// Tombstone reports whether the status is that of a revoked session.
func (s Status) Tombstone() bool { return s == Revoking || s == Gone }

// Claim is "I am renewing this session", written into its record.
type Claim struct {
	// Owner is one start of one process; empty: there is no claim.
	Owner string

	// Number counts the claims of the owner on this session.
	Number uint64

	// Length is how long the owner may take. Nobody compares wall clocks: those
	// who wait count by their own clock.
	Length time.Duration

	// Doubt says that a refresh token may already have been spent under an
	// earlier claim.
	Doubt bool
}
