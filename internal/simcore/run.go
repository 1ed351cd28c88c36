package simcore

import (
	"runtime/metrics"
	"sync"
	"sync/atomic"

	"github.com/holdfast-go/holdfast/clockutil"
)

// Campaign is many seeds of one plan.
type Campaign struct {
	Plan    Plan
	Weather Weather
	From    uint64 // the first seed
	Seeds   uint64
	Workers int  // worlds that play side by side
	Twice   bool // each seed is played twice, and must be the same
	AtMost  int  // violations, after which it ends

	// Until says when it is to end, though there are seeds left; nil: never.
	Until func() bool

	// Progress is told of what has been played so far; nil: nobody is. It is called by
	// one goroutine at a time.
	Progress func(Summary)
	Every    uint64 // seeds, after which Progress is told
}

// Summary is what a Campaign has played.
type Summary struct {
	Seeds, Steps, Events, Renewals uint64
	Hash                           uint64 // of all traces, whatever their order
	Violations                     []*Violation

	virtual int64 // microseconds: a time.Duration holds no more than 292 years
}

// Seconds is how long the seeds have lasted in virtual time.
func (s *Summary) Seconds() float64 { return float64(s.virtual) / 1e6 }

// Years is Seconds in years.
func (s *Summary) Years() float64 { return s.Seconds() / (365.25 * 24 * 3600) }

func (s *Summary) add(w *World, v *Violation) {
	s.Seeds++
	s.Steps += w.steps
	s.Events += w.turns
	s.Renewals += w.renewals
	s.virtual += w.now.Microseconds()
	s.Hash += clockutil.Mix(w.script.Ties, w.hash)
	if v != nil {
		s.Violations = append(s.Violations, v)
	}
}

// Run plays the seeds.
func (c Campaign) Run() Summary {
	var sum Summary
	var mu sync.Mutex // guards sum
	var next atomic.Uint64
	var workers sync.WaitGroup
	for range max(1, c.Workers) {
		workers.Go(func() {
			w, s := NewWorld(), new(Script)
			for {
				n := next.Add(1)
				if n > c.Seeds {
					return
				}
				v := c.play(w, c.From+n-1, s)
				mu.Lock()
				sum.add(w, v)
				over := c.over(&sum)
				if c.Progress != nil && sum.Seeds%max(1, c.Every) == 0 {
					c.Progress(sum)
				}
				mu.Unlock()
				if over {
					return
				}
			}
		})
	}
	workers.Wait()
	return sum
}

// over reports whether no more seeds are to be played.
func (c Campaign) over(sum *Summary) bool {
	return c.AtMost > 0 && len(sum.Violations) >= c.AtMost || c.Until != nil && c.Until()
}

// Tell plays a script, and returns all that has happened.
func Tell(script *Script) (Summary, *Story) {
	w := NewWorld()
	v, story := w.tell(script)
	var sum Summary
	sum.add(w, v)
	return sum, story
}

// tell plays a script, and keeps what happens.
func (w *World) tell(s *Script) (*Violation, *Story) {
	w.story = newStory(w)
	defer func() { w.story = nil }()
	v := w.Play(s)
	return v, w.story
}

// play plays one seed, and once more if that must be the same.
func (c Campaign) play(w *World, seed uint64, s *Script) *Violation {
	c.Plan(seed, c.Weather, s)
	v := w.Play(s)
	if hash := w.hash; c.Twice && v == nil {
		c.Plan(seed, c.Weather, s)
		if v = w.Play(s); v == nil && w.hash != hash {
			v = &Violation{Monitor: "the same twice", Text: "two plays of one script differ", At: w.now}
		}
	}
	if v != nil {
		v.Seed = seed
	}
	return v
}

// Hash is the hash of the trace of the history that was played last.
func (w *World) Hash() uint64 { return w.hash }

// GoroutinesCreated is how many goroutines this process has ever created.
func GoroutinesCreated() uint64 {
	sample := []metrics.Sample{{Name: "/sched/goroutines-created:goroutines"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
