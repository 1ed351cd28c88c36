package machine

import (
	"math/rand/v2"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// promiseFault is something that goes wrong in a history.
type promiseFault uint8

const (
	faultSlow      promiseFault = iota // a leaf takes about its deadline
	faultUnsent                        // it never arrives
	faultUnheard                       // it is done, and its answer is lost
	faultLate                          // it is given up, and done after that
	faultBusy                          // 429 and 503, with and without Retry-After
	faultBroken                        // 500, 502 and 504, done or not
	faultHopeless                      // invalid_client
	faultConsent                       // the human takes the grant back
	faultTwice                         // Done comes twice
	faultUnwritten                     // the store refuses to write, or to read
	faultOpen                          // the store does not know whether it has written
	faultDown                          // the store is down for a while
	faultBehind                        // a replica answers with what was
	faultGap                           // the watch is broken for a while
	faultCrash                         // a process ends, and another starts
	faultCut                           // and this one in the middle of a step
	faultQueue                         // no slot for long
	faultShort                         // a token that lives for a moment
	faultSilent                        // a leaf that ignores its deadline and does not report
	faultPause                         // a process stands still for a while
	faultCount
)

// promisePlan is what a history is drawn from.
type promisePlan struct {
	rules    Rules
	settings Settings
	procs    int
	life     time.Duration
	refresh  time.Duration // how long a refresh token lives; zero: for ever
	static   bool          // a token without a refresh token
	revokes  bool
	closes   bool
	sleeps   bool
	given    bool
	open     bool            // answers leave expires_in out
	faults   [faultCount]int // in a thousand
	steps    int
	sets     int // that are asked for in exchange
}

// newPromisePlan draws the rules of a history, its house and its weather.
func newPromisePlan(rng *rand.Rand) promisePlan {
	p := promisePlan{procs: 1, steps: 200}
	p.drawRules(rng)
	p.drawStore(rng)
	p.life = pick(rng, 8*time.Second, 20*time.Second, time.Minute, time.Minute, 10*time.Minute, time.Hour)
	p.refresh = pick(rng, 0, 0, 0, 0, p.life/2, 2*p.life, 10*p.life)
	p.open = p.life >= 10*time.Minute && rng.IntN(20) == 0
	p.revokes = rng.IntN(3) == 0
	p.closes = rng.IntN(8) == 0
	p.sleeps = rng.IntN(2) == 0
	p.drawSettings(rng)
	p.drawWeather(rng)
	p.rules.Exchanging = pick(rng, ByRequest, ByRequest, ByRequest, OwnToken, NoExchange)
	p.sets = pick(rng, 1, 3, 3, 3, 100)
	return p
}

func pick[T any](rng *rand.Rand, of ...T) T { return of[rng.IntN(len(of))] }

func (p *promisePlan) drawRules(rng *rand.Rand) {
	r := &p.rules
	r.Identity = messages.Digest{1}
	r.KeepAlive = rng.IntN(4) == 0
	r.Revocable = rng.IntN(4) != 0
	switch rng.IntN(8) {
	case 0, 1, 2: // client credentials
	case 3:
		r.Human, p.static, p.given = true, true, true
	default:
		r.Human, r.OneTime = true, true
		p.given = rng.IntN(3) != 0
		r.Unborn = !p.given
		r.RenewalRevokes = rng.IntN(4) == 0
		if rng.IntN(4) == 0 {
			r.ReuseGrace = pick(rng, 15*time.Second, 30*time.Second, time.Minute, 5*time.Minute)
		}
		r.Proofs = rng.IntN(3) == 0
		r.Forgets = r.Proofs && !r.Revocable
	}
}

func (p *promisePlan) drawStore(rng *rand.Rand) {
	switch rng.IntN(5) {
	case 0:
	case 1:
		p.settings.Store = Traits{Durable: true}
	default:
		p.settings.Store = Traits{Shared: true, Durable: true}
		p.procs = 1 + rng.IntN(3)
	}
}

func (p *promisePlan) drawSettings(rng *rand.Rand) {
	s := &p.settings
	s.HoldAtMost = pick(rng, 0, 0, 0, 3)
	s.Retries = pick(rng, 0, 0, 1, -1)
	s.HoldFor = pick(rng, 0, 0, 5*time.Second)
	s.CoolDownMax = pick(rng, 0, 0, time.Second)
	*s = s.WithDefaults()
}

// drawWeather lets one history in eight be a fine day, and three have one fault
// only, so that the promises that hold without the others can be seen.
func (p *promisePlan) drawWeather(rng *rand.Rand) {
	switch rng.IntN(8) {
	case 0:
	case 1, 2, 3:
		p.faults[rng.IntN(int(faultCount))] = pick(rng, 30, 100, 300)
	default:
		for range 1 + rng.IntN(6) {
			p.faults[rng.IntN(int(faultCount))] = pick(rng, 10, 30, 60)
		}
	}
}
