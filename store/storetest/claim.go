package storetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/messages"
)

var claimRules = []rule{
	{
		name:  "OneOfTwoClaims",
		says:  "of two processes that renew at once one claims, and the other waits for its token",
		check: oneOfTwoClaims,
		asked: (*trial).isShared,
	},
	{
		name:  "PausedOwnerLosesNoToken",
		says:  "an owner that wakes too late, wherever it was, mints under no lost claim and loses no token that it has",
		check: pausedOwnerLosesNoToken,
		asked: (*trial).isShared,
	},
	{
		name:  "DeadOwnerIsTakenOver",
		says:  "the claim of an owner that died is taken over; only a token that was spent and not saved is lost",
		check: deadOwnerIsTakenOver,
		asked: (*trial).isShared,
	},
	{
		name:  "DeadOwnerIsTakenOverAfterARestart",
		says:  "a process that starts again takes over its own claim; only a token that was spent and not saved is lost",
		check: deadOwnerIsTakenOverAfterARestart,
		asked: func(t *trial) bool { return t.isDurable() && !t.isShared() },
	},
	{
		name:  "TakeoverIsLateWhereATokenCanBeUsedOnce",
		says:  "a refresh token that can be used once is not spent under another's claim while the access token lives",
		check: takeoverIsLate,
		asked: (*trial).isShared,
	},
	{
		name:  "TakeoverIsEarlyWhereReuseIsForgiven",
		says:  "who has seen a claim arrive takes it over as long as the server forgives reuse",
		check: takeoverIsEarly,
		asked: (*trial).isShared,
	},
	{
		name:  "DoubtIsHandedOver",
		says:  "who takes over a claim takes over the doubt, and hands it on",
		check: doubtIsHandedOver,
		asked: (*trial).isShared,
	},
	{
		name:  "SaveWhoseAnswerWasLostIsClosed",
		says:  "a new token whose Save is open is given out, and saved by sending that again",
		check: saveWhoseAnswerWasLostIsClosed,
		asked: (*trial).isShared,
	},
	{
		name:  "TombstoneOutlivesALateSave",
		says:  "an owner that wakes after a Revoke elsewhere leaves the tombstone as it is",
		check: tombstoneOutlivesALateSave,
		asked: (*trial).isShared,
	},
}

// leaves are those of a renewal in a store that is Shared, in their order.
var leaves = []string{"queue", "load", "claim", "mint", "save"}

// expired is when the first token of a world is no longer given out; stale is when it
// still is, and a newer one is wanted.
const (
	stale   = 53 * time.Minute
	expired = 58 * time.Minute
)

// told compares what was told, line by line.
func (t *trial) told(want string, got ...string) {
	t.Helper()
	if diff := cmp.Diff(strings.Split(strings.TrimSpace(want), "\n"), got); diff != "" {
		t.Errorf("what was told (-want +got):\n%s", diff)
	}
}

func oneOfTwoClaims(t *trial) {
	for _, order := range [][2]string{{"A", "B"}, {"B", "A"}} {
		w := t.newWorld("first " + order[0])
		first, second := w.starts(order[0], t.store).asks(), w.starts(order[1], t.opens()).asks()
		w.passes(expired)
		first.stopsAt(before("claim")).asks()
		second.stopsAt(before("claim")).asks() // both have seen the same revision
		first.stopsAt(before("save")).resumes()
		second.resumes()
		first.resumes()
		w.passes(5 * time.Second)
		t.told("at-2 at-2 (1 requests, 0 reused)",
			fmt.Sprintf("%s %s (%s)", first.told, second.told, w.asked()))
	}
}

// takesItsTime has a caller ask again and again until another's claim has been taken over.
func (p *process) takesItsTime() {
	for range 3 {
		p.asks()
		p.world.passes(25 * time.Second)
	}
}

// What no client can avoid is in the table too: an owner that is paused between its
// last look at the clock and the request spends the token a second time, and one that
// is paused behind the answer has it spent by another. This server forgives that; by
// the others' word the session had died meanwhile, and it comes back.
func pausedOwnerLosesNoToken(t *trial) {
	other := t.opens()
	var got []string
	for _, leaf := range leaves {
		for _, at := range []point{before(leaf), behind(leaf)} {
			w := t.newWorld(at.String())
			a := w.starts("A", t.store).asks()
			b := w.starts("B", other).watches().asks()
			w.passes(expired)
			a.stopsAt(at).asks()
			b.takesItsTime()
			meanwhile := b.asks().told
			a.resumes()
			w.passes(time.Minute)
			b.hears()
			got = append(got, fmt.Sprintf("%s: %s, then %s %s (%s)", at, meanwhile, a.asks().told, b.asks().told, w.asked()))
			b.watch.stops()
		}
	}
	t.told(`
before queue: at-2, then at-2 at-2 (1 requests, 0 reused)
behind queue: at-2, then at-2 at-2 (1 requests, 0 reused)
before load: at-2, then at-2 at-2 (1 requests, 0 reused)
behind load: at-2, then at-2 at-2 (1 requests, 0 reused)
before claim: at-2, then at-2 at-2 (1 requests, 0 reused)
behind claim: at-2, then at-2 at-2 (1 requests, 0 reused)
before mint: at-2, then at-2 at-2 (2 requests, 1 reused)
behind mint: unknown, then at-2 at-2 (2 requests, 1 reused)
before save: unknown, then at-2 at-2 (2 requests, 1 reused)
behind save: at-2, then at-2 at-2 (1 requests, 0 reused)
`, got...)
}

func deadOwnerIsTakenOver(t *trial) {
	other := t.opens()
	var got []string
	for _, leaf := range leaves {
		for _, at := range []point{before(leaf), behind(leaf)} {
			w := t.newWorld(at.String())
			a := w.starts("A", t.store).asks()
			b := w.starts("B", other).asks()
			w.passes(expired)
			a.stopsAt(at).asks().dies()
			b.takesItsTime()
			got = append(got, fmt.Sprintf("%s: %s (%s)", at, b.asks().told, w.asked()))
		}
	}
	t.told(`
before queue: at-2 (1 requests, 0 reused)
behind queue: at-2 (1 requests, 0 reused)
before load: at-2 (1 requests, 0 reused)
behind load: at-2 (1 requests, 0 reused)
before claim: at-2 (1 requests, 0 reused)
behind claim: at-2 (1 requests, 0 reused)
before mint: at-2 (1 requests, 0 reused)
behind mint: unknown (2 requests, 1 reused)
before save: unknown (2 requests, 1 reused)
behind save: at-2 (1 requests, 0 reused)
`, got...)
}

func deadOwnerIsTakenOverAfterARestart(t *trial) {
	var got []string
	for _, leaf := range leaves {
		if leaf == "load" { // what only this process writes is not looked at again
			continue
		}
		for _, at := range []point{before(leaf), behind(leaf)} {
			w := t.newWorld(at.String())
			a := w.starts("A", t.store).asks()
			w.passes(expired)
			a.stopsAt(at).asks().dies()
			t.closes()
			t.store = t.opens()
			got = append(got, fmt.Sprintf("%s: %s (%s)", at, w.starts("A", t.store).asks().told, w.asked()))
		}
	}
	t.told(`
before queue: at-2 (1 requests, 0 reused)
behind queue: at-2 (1 requests, 0 reused)
before claim: at-2 (1 requests, 0 reused)
behind claim: at-2 (1 requests, 0 reused)
before mint: at-2 (1 requests, 0 reused)
behind mint: unknown (2 requests, 1 reused)
before save: unknown (2 requests, 1 reused)
behind save: at-2 (1 requests, 0 reused)
`, got...)
}

func takeoverIsLate(t *trial) {
	w := t.newWorld(key)
	a, b := w.starts("A", t.store).asks(), w.starts("B", t.opens()).asks()
	w.passes(stale)
	a.stopsAt(behind("claim")).asks().dies()
	b.asks()
	w.passes(expired - stale - 2*time.Minute)
	whileItLives := fmt.Sprintf("%s (%s)", b.asks().told, w.asked())
	w.passes(2 * time.Minute)
	b.takesItsTime()
	t.told("at-1 (0 requests, 0 reused)\nat-2 (1 requests, 0 reused)",
		whileItLives, fmt.Sprintf("%s (%s)", b.told, w.asked()))
}

func takeoverIsEarly(t *trial) {
	var got []string
	for _, at := range []point{behind("claim"), behind("mint")} {
		w := t.newWorld(at.String())
		w.server.grace, w.rules.ReuseGrace = time.Minute, time.Minute
		a, b := w.starts("A", t.store).asks(), w.starts("B", t.opens()).watches().asks()
		w.passes(stale)
		a.stopsAt(at).asks().dies()
		b.hears().wants(messages.Refresh{})
		w.passes(20 * time.Second)
		respected := b.told
		w.passes(10 * time.Second)
		got = append(got, fmt.Sprintf("%s: %s, then %s (%s)", at, respected, b.told, w.asked()))
		b.watch.stops()
	}
	t.told(`
behind claim: waits, then at-2 (1 requests, 0 reused)
behind mint: waits, then at-3 (2 requests, 0 reused)
`, got...)
}

func doubtIsHandedOver(t *trial) {
	w := t.newWorld(key)
	a, b, c := w.starts("A", t.store).asks(), w.starts("B", t.opens()).asks(), w.starts("C", t.opens()).asks()
	w.passes(expired)
	a.stopsAt(behind("mint")).asks().dies()
	b.stopsAt(behind("claim")).takesItsTime()
	b.dies()
	claimed := w.record(t.store).Claim
	c.takesItsTime()
	r := w.record(t.store)
	t.told("claimed in doubt: true; then unknown, dead: true, doubted: true",
		fmt.Sprintf("claimed in doubt: %t; then %s, dead: %t, doubted: %t",
			claimed.Doubt, c.asks().told, r.Status == messages.Dead, r.Doubted))
}

func saveWhoseAnswerWasLostIsClosed(t *trial) {
	w := t.newWorld(key)
	a, b := w.starts("A", t.store).asks(), w.starts("B", t.opens()).asks()
	w.passes(expired)
	a.stopsAt(before("save")).asks()
	a.store = &proxy{Store: t.store, drops: true}
	a.resumes()
	unsaved := a.session.Glance().Unsaved
	a.store = t.store
	w.passes(time.Minute)
	t.told("at-2, unsaved: true, then false; the other at-2 (1 requests, 0 reused)",
		fmt.Sprintf("%s, unsaved: %t, then %t; the other %s (%s)",
			a.told, unsaved, a.session.Glance().Unsaved, b.asks().told, w.asked()))
}

func tombstoneOutlivesALateSave(t *trial) {
	w := t.newWorld(key)
	a := w.starts("A", t.store).asks()
	w.passes(expired)
	a.stopsAt(before("save")).asks()
	grave := t.swaps(t.opens(), key, t.loads(t.store, key, 0).Rev, tombstone(), true)
	a.resumes()
	w.passes(time.Minute)
	e := t.loads(t.store, key, 0)
	t.told("revoked, still there: true", fmt.Sprintf("%s, still there: %t", a.told, e.Gone && e.Rev == grave))
}
