package machine

import (
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// A row is something that happens in each of the situations; alice is who asks.
type row struct {
	name happening // otherwise a word for what is in the table already
	act  func(*story) *story
}

// table is all rows, each with the ways to where it can happen.
var table = []struct {
	row  row
	ways []way
}{
	{row{aGet, func(s *story) *story { return s.gets("alice") }}, ways},
	{row{aRefresh, func(s *story) *story { return s.refreshes("alice") }}, ways},
	{row{anExchange, func(s *story) *story { return s.exchanges("alice", "read") }}, ways},
	{row{aReject, func(s *story) *story { return s.rejects("alice", "tok0") }}, ways},
	{row{aRevoke, func(s *story) *story { return s.revokes("alice") }}, ways},
	{row{anEstablish, establishesLater}, ways},
	{row{aLogin, func(s *story) *story { return s.proves("alice", "her proof") }}, ways},
	{row{aLeave, leavesFirst}, ways},
	{row{renewalDone, func(s *story) *story { return s.minted("tok1") }}, mintWays},
	{row{renewalFailed, (*story).answers503}, mintWays},
	{row{"renewal lost", (*story).answerLost}, mintWays},
	{row{renewalDenied, (*story).denied}, mintWays},
	{row{loginDone, func(s *story) *story { return s.minted("tok1") }}, loginWays},
	{row{loginFailed, (*story).answers503}, loginWays},
	{row{"login lost", (*story).answerLost}, loginWays},
	{row{loginDenied, (*story).denied}, loginWays},
	{row{exchangeDone, func(s *story) *story { return s.exchanged("read", "sub1") }}, flightWays},
	{row{exchangeFailed, func(s *story) *story { return s.refuses503("read") }}, flightWays},
	{row{exchangeDenied, func(s *story) *story { return s.refusesSubject("read") }}, flightWays},
	{row{"late exchange", func(s *story) *story { return s.exchanged("read", "sub1") }}, severedWays},
	{row{lateDone, (*story).again}, ways},
	{row{"late token", func(s *story) *story { return s.mintedLate("tok1", s.refreshOf("1")) }}, lateWays},
	{row{changedNewer, func(s *story) *story { return s.renewedElsewhere("tok7", s.refreshOf("7")).hears() }}, ways},
	{row{changedRevoked, func(s *story) *story { return s.revokedElsewhere().hears() }}, ways},
	{row{changedDead, func(s *story) *story { return s.diedElsewhere().hears() }}, ways},
	{row{changedOld, (*story).hears}, ways},
	{row{theClock, func(s *story) *story { return s.late(90 * time.Minute).ticks() }}, ways},
	{row{aGap, (*story).gaps}, ways},
	{row{anUnseen, (*story).unseen}, ways},
	{row{"Get when unseen", func(s *story) *story { return s.unseen().gets("alice") }}, ways},
	{row{aSleep, (*story).sleeps}, ways},
	{row{aClose, (*story).closes}, ways},
}

// establishesLater offers a token that is newer than whatever there is.
func establishesLater(s *story) *story {
	t := token("tok7", s.refreshOf("7"), s.now.Add(time.Second), time.Hour)
	return s.asks("alice", messages.Establish{Token: t})
}

// refreshOf is a refresh token, for a kind that has a use for it.
func (s *story) refreshOf(number string) string {
	if !s.cur.rules.OneTime {
		return ""
	}
	return "ref" + number
}

// leavesFirst has the first who waits leave; where nobody waits, the first who came.
func leavesFirst(s *story) *story {
	first := Caller(1)
	for id := s.cur.callers; id > 0; id-- {
		if s.cur.waiting[id] {
			first = id
		}
	}
	return s.happens(Leave{Caller: first})
}
