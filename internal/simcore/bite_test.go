package simcore

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/actor"
	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/internal/record"
	"github.com/holdfast-go/holdfast/messages"
)

// bite shows one monitor what is not so, in a world where all is well. It is called
// with each step until it has done it.
type bite struct {
	monitor string
	what    string
	forge   func(*look) bool
}

// holds reports whether the session gives out a pair, and returns it.
func (l *look) holds() (*pair, bool) {
	if !l.published || !l.now.Before(l.snapshot.Until) {
		return nil, false
	}
	return l.by.world.server.pair(l.snapshot.Token.Access), true
}

// when is a forgery at a step after which the session gives out a pair.
func when(forge func(*look, *pair)) func(*look) bool {
	return func(l *look) bool {
		p, ok := l.holds()
		if ok {
			forge(l, p)
		}
		return ok
	}
}

// at is a forgery at a step with an effect of this kind.
func at[E machine.Effect](forge func(*look, E)) func(*look) bool {
	return func(l *look) bool {
		for _, e := range l.effects {
			if e, ok := e.(E); ok {
				forge(l, e)
				return true
			}
		}
		return false
	}
}

// exchanges has the server give a token for what is published, and returns its number.
func (l *look) exchanges() int {
	w := l.by.world
	w.rules[l.index].Exchanging = machine.ByRequest
	w.server.exchanged = append(w.server.exchanged, exchanged{session: l.index, subject: numberOf(l.snapshot.Token.Access), scope: "0"})
	return len(w.server.exchanged)
}

// takesExchanged has somebody be given that token.
func (l *look) takesExchanged(n int) {
	l.checkExchanged(messages.Exchange{Scopes: []string{"0"}}, messages.Token{Access: messages.Secret(exchangedName(n)), Expiry: l.now.Add(time.Hour)})
}

var bites = []bite{
	{"no panic", "the House tells of a bug", func(l *look) bool {
		return bugs{l.by.world}.Handle(context.Background(), slog.Record{Message: "a bug"}) == nil
	}},
	{"opens", "a session of a process that has closed", func(l *look) bool {
		l.by.world.Schedule(func() { // not in the middle of a step
			l.by.house.Shut()
			l.by.seat(0)
		})
		return true
	}},
	{"one renewal", "a second leaf beside a Mint", at(func(l *look, e machine.Mint) {
		e.Number++
		l.effects = append(l.effects[:len(l.effects):len(l.effects)], e)
	})},
	{"one renewal", "a number that was used", at(func(l *look, e machine.Mint) { l.leaf = e.Number })},
	{"spent once", "two processes send one token", at(func(l *look, e machine.Mint) {
		w := l.by.world
		w.script.Terms.Processes = 1 // no claim is missing
		other := &leaf{by: w.procs[1], seat: &w.procs[1].seats[l.index], spends: numberOf(e.Refresh), sent: w.now, most: time.Hour}
		w.minting = append(w.minting, other)
	})},
	{"spent once", "a token comes again", when(func(l *look, _ *pair) {
		l.by.world.checkReuse(&leaf{by: l.by, seat: l.seat}, numberOf(l.snapshot.Token.Access))
	})},
	{"exchange", "a token of another session", when(func(l *look, _ *pair) {
		w := l.by.world
		w.rules[l.index].Exchanging = machine.ByRequest
		w.server.exchanged = append(w.server.exchanged, exchanged{session: 1 - l.index, scope: "0"})
		l.checkExchanged(messages.Exchange{Scopes: []string{"0"}}, messages.Token{Access: messages.Secret(exchangedName(len(w.server.exchanged))), Expiry: l.now.Add(time.Hour)})
	})},
	{"exchange", "a token for one that was rejected, though another would come again", when(func(l *look, p *pair) {
		l.by.world.known[l.index].misdated, p.by = true, l.by
		l.barredPairs = append(l.barredPairs, numberOf(l.snapshot.Token.Access))
		l.takesExchanged(l.exchanges())
	})},
	{"exchange", "a token of before its subject was rejected, which was renewed", when(func(l *look, p *pair) {
		l.by.world.known[l.index].misdated, p.by = true, nil
		n := l.exchanges()
		l.published = false // it is not held
		l.rejects(messages.Reject{Token: l.snapshot.Token.Access}, 0)
		l.takesExchanged(n)
	})},
	{"left alone", "a request before Retry-After is over", at(func(l *look, _ machine.Mint) {
		held, _ := l.is.Refresh()
		l.rested = rested{until: l.now.Add(time.Minute), of: held, at: l.place()}
	})},
	{"doubt", "a token that may be spent is sent again", func(l *look) bool {
		for _, e := range l.effects {
			if m, ok := e.(machine.Mint); ok && l.published && l.serves() {
				l.failing.spent, l.failing.since = m.Refresh, l.now
				return true
			}
		}
		return false
	}},
	{"recovers", "it says so again", when(func(l *look, _ *pair) {
		l.failing.ever = false
		l.effects = append(l.effects[:len(l.effects):len(l.effects)], machine.Emit{Event: messages.Recovered{}})
	})},
	{"bound", "more are held than may be", func(l *look) bool {
		l.view.Held = 10_001
		return l.view.State != machine.Closed
	}},
	{"withdrawn", "a token is published in Dead", when(func(l *look, _ *pair) { l.view.State = machine.Dead })},
	{"bound", "a renewal that never ends", at(func(l *look, e machine.Mint) {
		held, _ := l.is.Refresh()
		l.mints = mints{renewal: e.Renewal, of: held, at: l.place(), n: 9}
	})},
	{"bound", "more requests than slots", at(func(l *look, _ machine.Mint) {
		for range 100 {
			job := &actor.Job{Context: context.Background()}
			l.by.requests = append(l.by.requests, &leaf{by: l.by, seat: l.seat, job: job, sent: l.by.world.now, most: time.Hour})
		}
	})},
	{"bound", "more requests than the rate", at(func(l *look, _ machine.Mint) { l.by.bucket.level = -1e6 })},
	{"saved first", "a pair that the store does not have is published", when(func(_ *look, p *pair) { p.saved = false })},
	{"saved first", "a refresh token that the store does not have is spent", at(func(l *look, e machine.Mint) {
		l.by.world.server.pair(e.Refresh).saved = false
	})},
	{"half a claim", "a request late in its claim", at(func(l *look, _ machine.Mint) { l.claimed.since = l.now.Add(-l.claimed.length) })},
	{"expired", "a token that the server has let go of", when(func(l *look, p *pair) {
		p.expiry = l.by.world.now - time.Hour
		l.checkToken(l.snapshot.Token, "given")
	})},
	{"expired", "published beyond its end", at(func(l *look, e machine.Publish) {
		e.Until = e.Token.Expiry.Add(time.Second)
		l.effects = append(l.effects[:len(l.effects):len(l.effects)], e)
	})},
	{"watched", "a token at which nobody has looked since the watch broke", when(func(l *look, _ *pair) {
		ago := l.by.world.now - time.Hour
		l.by.sight = sight{lost: ago, disturbed: l.by.disturbed}
		l.looked, l.newest.pair, l.newest.given = ago, numberOf(l.snapshot.Token.Access), ago
		l.checkToken(l.snapshot.Token, "given")
	})},
	{"in force", "a tombstone of which the watch has told", func(l *look) bool {
		p, ok := l.holds()
		w := l.by.world
		if !ok || !p.saved || w.now < time.Minute {
			return false
		}
		l.by.watch.since = 0
		past := w.store.shelves[l.index].past
		past[len(past)-1].at, past[len(past)-1].record.Status = 0, messages.Gone
		l.checkToken(l.snapshot.Token, "given")
		return true
	}},
	{"foreign", "a token of another session", when(func(l *look, p *pair) {
		p.session = 1 - l.index
		l.checkToken(l.snapshot.Token, "given")
	})},
	{"rejected", "a token that was minted here and rejected, though another would come again", when(func(l *look, p *pair) {
		l.by.world.known[l.index].misdated, p.by = true, l.by
		l.barredPairs = append(l.barredPairs, numberOf(l.snapshot.Token.Access))
		l.checkToken(l.snapshot.Token, "given")
	})},
	{"rejected", "a token that was rejected", when(func(l *look, _ *pair) {
		l.barredPairs = append(l.barredPairs, numberOf(l.snapshot.Token.Access))
		l.checkToken(l.snapshot.Token, "given")
	})},
	{"revoked", "a token that was revoked", when(func(l *look, _ *pair) {
		l.barFamily(numberOf(l.snapshot.Token.Access))
		l.checkToken(l.snapshot.Token, "given")
	})},
	{"dead", "a token that the server does not take", when(func(l *look, p *pair) {
		l.by.world.script.Terms.Processes = 1
		l.by.world.known[l.index] = known{}
		p.dead = true
		l.checkToken(l.snapshot.Token, "given")
	})},
	{"dead", "somebody who is to ask again at once", when(func(l *look, _ *pair) {
		l.view.State = machine.Dead
		l.checkDead(messages.Later(messages.ErrUnavailable, 0, nil))
	})},
	{"long enough", "a token that lives for less than was wanted", when(func(l *look, _ *pair) { l.checkLong(l.snapshot.Token, 1000*time.Hour) })},
	{"answered once", "a second answer", at(func(l *look, e machine.Answer) {
		l.effects = append(l.effects[:len(l.effects):len(l.effects)], e)
	})},
	{"answered once", "an answer to nobody", at(func(l *look, _ machine.Answer) { l.asked = nil })},
	{"answered in time", "somebody waits for a day", func(l *look) bool {
		l.by.world.checkWait(&call{seat: l.seat, since: l.by.world.now - 24*time.Hour, disturbed: l.by.disturbed})
		return true
	}},
	{"ended", "a Revoke returns, and the token lives", when(func(l *look, _ *pair) {
		w := l.by.world
		w.script.Terms.Strict, w.script.Terms.Processes, w.known[l.index] = true, 1, known{}
		l.published = false
		l.revokes(&asked{pair: numberOf(l.snapshot.Token.Access)})
	})},
	{"ended", "a Revoke returns after a login, and what the store had lives", when(func(l *look, _ *pair) {
		w := l.by.world
		w.script.Terms.Strict, w.script.Terms.Processes, w.known[l.index] = true, 1, known{logins: 1}
		w.store.shelves[l.index].put(revision{record: messages.Record{Grant: 1, Token: l.snapshot.Token}})
		l.published = false
		l.revokes(&asked{stored: l.storedPair()})
	})},
	{"denied", "a death that is written nowhere", when(func(l *look, _ *pair) {
		l.by.world.rules[l.index].OneTime, l.view.RefreshExpiry = true, time.Time{}
		l.tells(messages.Denied{})
	})},
	{"held for something", "a leaf that has landed is waited for", func(l *look) bool {
		if n := l.is.Leaf(); n == 0 || n != l.flight.number {
			return false
		}
		l.flight.landed = true
		return true
	}},
	{"order", "an older token follows", when(func(l *look, _ *pair) { l.placed = place{99, 99} })},
	{"timer", "a timer that burns", func(l *look) bool {
		l.effects, l.tick.at, l.tick.times = nil, l.by.world.now, 7
		l.checkTimer()
		return true
	}},
	{"timer", "a timer that has not fired", func(l *look) bool {
		l.wake, l.set, l.stood = l.now.Add(-time.Minute), l.now.Add(-time.Minute), l.by.disturbed
		return true
	}},
	{"closes", "a process that never ends", func(l *look) bool {
		w := l.by.world
		w.calm = true
		w.checkClosing(&closing{by: l.by, since: w.now - time.Hour})
		return true
	}},
	{"record", "a generation goes back", func(l *look) bool {
		l.by.world.checkRecord(0, &messages.Record{Grant: 1, Generation: 5}, &messages.Record{Grant: 1, Generation: 4})
		return true
	}},
	{"record", "a renewal overwrites a tombstone", func(l *look) bool {
		l.by.world.checkRecord(0, &messages.Record{Grant: 1, Status: messages.Gone}, &messages.Record{Grant: 1, Generation: 1})
		return true
	}},
	{"record", "a tombstone goes back", func(l *look) bool {
		l.by.world.checkRecord(0, &messages.Record{Grant: 1, Generation: 1, Status: messages.Gone},
			&messages.Record{Grant: 1, Generation: 1, Status: messages.Revoking})
		return true
	}},
	{"record", "a dead generation lives again", func(l *look) bool {
		l.by.world.checkRecord(0, &messages.Record{Grant: 1, Generation: 1, Status: messages.Dead}, &messages.Record{Grant: 1, Generation: 1})
		return true
	}},
	{"record", "a generation is of two tokens", func(l *look) bool {
		l.by.world.checkRecord(0, &messages.Record{Grant: 1, Generation: 1, Token: messages.Token{Access: "a1"}},
			&messages.Record{Grant: 1, Generation: 1, Token: messages.Token{Access: "a2"}})
		return true
	}},
	{"record", "a doubt is not written", func(l *look) bool {
		w := l.by.world
		w.script.Ties = 0
		doubted := messages.Record{Grant: 1, Claim: messages.Claim{Owner: "p0", Doubt: true}}
		sure := doubted
		sure.Claim.Doubt = false
		w.checkWritten(&revision{value: record.Encode(sure), record: doubted})
		return true
	}},
	{"only dropped", "the family in use is ended", when(func(l *look, _ *pair) {
		w := l.by.world
		w.rules[l.index].OneTime, w.known[l.index] = true, known{}
		w.store.shelves[l.index].put(revision{record: messages.Record{Token: l.snapshot.Token}})
		w.checkEnds(&leaf{seat: l.seat}, l.snapshot.Token.Access)
	})},
	{"recovers", "no token though the grant is good", when(func(l *look, p *pair) {
		w := l.by.world
		w.rules[l.index].Human, w.rules[l.index].OneTime = true, true
		p.spent, p.ended, w.server.families[p.family].dead = false, false, false
		t := messages.Token{Refresh: refreshOf(numberOf(l.snapshot.Token.Access))}
		w.store.shelves[l.index].put(revision{record: messages.Record{Token: t}})
		w.judge(l.by, l.index, errors.New("unavailable"))
	})},
	{"recovers", "it has run out, and no clock was set that far", when(func(l *look, p *pair) {
		w := l.by.world
		w.rules[l.index].Human, w.rules[l.index].OneTime = true, true
		p.spent, p.ended, w.server.families[p.family].dead = false, false, false
		w.wallMin, w.wallMax, l.by.leapt = -time.Hour, time.Minute, time.Minute
		t := messages.Token{Refresh: refreshOf(numberOf(l.snapshot.Token.Access)), RefreshExpiry: epoch.Add(w.now + 2*time.Minute + 1)}
		w.store.shelves[l.index].put(revision{record: messages.Record{Token: t}})
		w.judge(l.by, l.index, errors.New("login required"))
	})},
	{"kept", "the stored token is spent", when(func(l *look, p *pair) {
		w := l.by.world
		w.rules[l.index].OneTime, w.known[l.index] = true, known{}
		p.spent, p.troubled, p.slowSave, p.ended, w.server.families[p.family].excused = true, false, false, false, false
		t := messages.Token{Refresh: refreshOf(numberOf(l.snapshot.Token.Access))}
		w.store.shelves[l.index].put(revision{record: messages.Record{Token: t}})
		w.checkKept(l.index)
	})},
	{"kept", "a token is sent again whose successor was brought", at(func(l *look, e machine.Mint) {
		l.by.world.server.issue(pair{session: l.index, parent: numberOf(e.Refresh), delivered: true, by: l.by})
	})},
	{"kept", "what was brought is never saved", at(func(l *look, e machine.Mint) {
		w := l.by.world
		w.known[l.index] = known{}
		w.server.issue(pair{session: l.index, family: w.familyOf(accessOf(numberOf(e.Refresh))), parent: numberOf(e.Refresh), delivered: true, by: l.by})
		w.checkSavedAtLast()
	})},
	{"kept", "what was brought is never saved, and another of the same process is", at(func(l *look, e machine.Mint) {
		w := l.by.world
		w.known[l.index] = known{}
		for _, saved := range []bool{false, true} {
			w.server.issue(pair{
				session: l.index, family: w.familyOf(accessOf(numberOf(e.Refresh))), parent: numberOf(e.Refresh),
				delivered: true, saved: saved, by: l.by,
			})
		}
		w.checkSavedAtLast()
	})},
}

// What a Revoke is about may have been given to another process: it has begun elsewhere only
// if that was after the Revoke, whatever it has been renewed to since.
func TestOnlyWhatHasBegunAfterARevokeHasBegunElsewhere(t *testing.T) {
	w := NewWorld()
	here, there := &process{world: w}, &process{world: w}
	l := &look{seat: &seat{by: here, barredAt: time.Minute}}
	begun := func(p pair) messages.Secret {
		first := w.server.issue(p)
		return refreshOf(w.server.issue(pair{parent: first, by: there, issued: time.Hour}))
	}
	for _, c := range []struct {
		what string
		p    pair
		want bool
	}{
		{"a login there before", pair{by: there, issued: time.Second}, false},
		{"a login there after", pair{by: there, issued: time.Hour}, true},
		{"a token brought before", pair{issued: time.Second}, false},
		{"a token brought after", pair{issued: time.Hour}, true},
		{"a login here after", pair{by: here, issued: time.Hour}, false},
	} {
		if got := l.begunElsewhere(begun(c.p)); got != c.want {
			t.Errorf("%s: begunElsewhere is %v", c.what, got)
		}
	}
}

// A clock that is set ahead again may mean sleep again. One that was behind ends nothing
// earlier.
func TestRefreshTokenEndsEarlierByWhatAClockWasSetAhead(t *testing.T) {
	for _, c := range []struct {
		what    string
		others  time.Duration
		set     []time.Duration
		earlier time.Duration
	}{
		{"all clocks are right", 0, nil, 0},
		{"another is ahead", time.Hour, nil, time.Hour},
		{"another is behind", -time.Hour, nil, 0},
		{"another is ahead, and its own is set ahead", time.Hour, []time.Duration{time.Hour}, 2 * time.Hour},
		{"its own was behind when it heard of it", time.Hour, []time.Duration{-time.Minute, time.Hour}, 2*time.Hour + time.Minute},
		{"its own is set ahead twice", time.Hour, []time.Duration{time.Hour, 0, time.Hour}, 3 * time.Hour},
	} {
		w := NewWorld()
		p := &process{world: w}
		w.sawWall(c.others)
		for _, ahead := range c.set {
			p.setClock(ahead)
		}
		for left, want := range map[time.Duration]bool{c.earlier: true, c.earlier + 1: false} {
			if got := p.runOut(messages.Token{RefreshExpiry: epoch.Add(left)}); got != want {
				t.Errorf("%s, and %v are left: runOut is %v", c.what, left, got)
			}
		}
	}
}

func TestEachMonitorBites(t *testing.T) {
	for _, b := range bites {
		t.Run(b.monitor+", "+b.what, func(t *testing.T) {
			w, s := NewWorld(), new(Script)
			for seed := range uint64(20) {
				done := false
				w.forge = func(l *look) { done = done || b.forge(l) }
				persistent(seed, s)
				if v := w.Play(s); done && (v == nil || v.Monitor != b.monitor) {
					t.Fatalf("seed %d: found %v", seed, v)
				} else if done {
					return
				}
			}
			t.Error("nothing was forged")
		})
	}
}

// persistent is a calm world of sessions with refresh tokens, in which all is well where
// nothing is forged.
func persistent(seed uint64, s *Script) {
	Calm(seed, Weather{}, s)
	s.Terms.Kinds = []string{"persistent", "persistent"}
	s.Terms.Revokes, s.Terms.Logins, s.Terms.Keeps, s.Terms.RefreshLife = false, false, false, 0
	for i := range s.Events {
		switch s.Events[i].Request {
		case Revoke, Login, Replace, Reject, RejectOther, Stop:
			s.Events[i].Request = Refresh
		}
	}
}

func TestNothingIsFoundWhereNothingIsForged(t *testing.T) {
	w, s := NewWorld(), new(Script)
	for seed := range uint64(20) {
		persistent(seed, s)
		if v := w.Play(s); v != nil {
			t.Errorf("seed %d: %v", seed, v)
		}
	}
}

// A plan that is another with every play is found out.
func TestCampaignFindsTwoPlaysThatDiffer(t *testing.T) {
	plays := uint64(0)
	c := Campaign{Twice: true, Seeds: 1, Plan: func(seed uint64, allowed Weather, s *Script) {
		plays++
		Storm(seed+plays, allowed, s)
	}}
	if sum := c.Run(); len(sum.Violations) != 1 || sum.Violations[0].Monitor != "the same twice" {
		t.Errorf("found %v", sum.Violations)
	}
}

func TestMomentHasTwoReadings(t *testing.T) {
	a, b := moment(time.Hour, time.Minute), moment(3*time.Hour, 4*time.Minute)
	if d := b.Sub(a); d != 3*time.Minute {
		t.Errorf("the monotonic readings differ by %v", d)
	}
	if d := b.Round(0).Sub(a.Round(0)); d != 2*time.Hour {
		t.Errorf("the wall clocks differ by %v", d)
	}
	if got, want := a.Round(0), epoch.Add(time.Hour); !got.Equal(want) || got.Location() != time.UTC {
		t.Errorf("it is %v, want %v", got, want)
	}
	if later := a.Add(time.Second); later.Sub(a) != time.Second || later.Round(0).Sub(a.Round(0)) != time.Second {
		t.Errorf("a second later it is %v", later)
	}
}
