package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// breach is a promise that was broken, in words that follow a number.
type breach string

// What must not happen in a run.
const (
	badToken        breach = "token(s) that the API refused"
	isOverloaded    breach = "call(s) refused as overloaded"
	hasTimedOut     breach = "call(s) timed out"
	hasFailed       breach = "call(s) failed otherwise"
	notInOutage     breach = "call(s) told unavailable before the outage or later than 2 s after it"
	tokenAtHand     breach = "call(s) told unavailable although their session had a valid token"
	notRevoked      breach = "call(s) told revoked for a tenant who was not"
	servedTooLate   breach = "call(s) served that began after their tenant had been revoked"
	notConfirmed    breach = "revocation(s) that the authorization server has not confirmed"
	renewalsAtOnce  breach = "renewals at once for one session"
	exchangesAtOnce breach = "exchanges at once for one session, whose callers all want the same"
)

// recovery is how long after an outage calls may still be told that there is no token.
const recovery = 2 * time.Second

// events are what has befallen the world, as far as the promises depend on it.
type events struct {
	outageBegan, outageEnded time.Time            // zero: not yet
	revokedAt                map[string]time.Time // by tenant; zero: it is under way
}

func (e *events) setOutage(on bool, now time.Time) {
	switch {
	case on:
		e.outageBegan, e.outageEnded = now, time.Time{}
	case e.outageEnded.IsZero():
		e.outageEnded = now
	}
}

// inOutage reports whether a moment is in the outage, or not longer than that
// after it.
func (e *events) inOutage(at time.Time, after time.Duration) bool {
	return !e.outageBegan.IsZero() && !at.Before(e.outageBegan) &&
		(e.outageEnded.IsZero() || !at.After(e.outageEnded.Add(after)))
}

// isRevoked reports whether the revocation of a tenant has begun.
func (e *events) isRevoked(tenant string) bool {
	_, ok := e.revokedAt[tenant]
	return ok
}

// judge returns the promise that a call has broken; empty: none.
func (e *events) judge(c call) breach {
	switch c.refused {
	case "":
		at := e.revokedAt[c.tenant]
		return when(servedTooLate, !at.IsZero() && c.began.After(at))
	case revoked:
		return when(notRevoked, !e.isRevoked(c.tenant))
	case unavailable:
		return e.judgeUnavailable(c)
	case unauthorized: // the API has reported the token
		return ""
	case overloaded:
		return isOverloaded
	case timeout:
		return hasTimedOut
	case loginRequired, failed:
		return hasFailed
	}
	return hasFailed
}

func (e *events) judgeUnavailable(c call) breach {
	if c.hadToken {
		return tokenAtHand
	}
	return when(notInOutage, !e.inOutage(c.ended, recovery))
}

func when(b breach, broken bool) breach {
	if broken {
		return b
	}
	return ""
}

// breaches counts broken promises.
type breaches map[breach]int

// lines returns one line for each promise that was broken.
func (b breaches) lines() []string {
	var lines []string
	for _, which := range slices.Sorted(maps.Keys(b)) {
		lines = append(lines, fmt.Sprintf("%s %s", grouped(b[which]), which))
	}
	return lines
}

// err returns nil if every promise was kept. cause is what the first failure said;
// nil: nothing did.
func (b breaches) err(cause error) error {
	if len(b) == 0 {
		return nil
	}
	err := errors.New("the run broke a promise: " + strings.Join(b.lines(), "; "))
	if cause != nil {
		err = fmt.Errorf("%w; the first failure: %w", err, cause)
	}
	return err
}
