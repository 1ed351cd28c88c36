package machine

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/messages"
)

// A story is what happens to a session, in sentences, and what the machine makes
// of it, one line a sentence:
//
//	newStory(t).
//		gets("alice").
//		after(time.Second).minted("tok1").
//		want(`
//	12:00:00 Empty -> Acquiring; renewal 1: mint
//	12:00:01 Acquiring -> Fresh; alice gets tok1
//	`)
//
// Leaves at the store and in the queue succeed at once and are left out, unless
// the script has said otherwise (holds, down, silent) or wants them told
// (telling). What the endpoint answers is always the script's. Time stands still
// but for after, which has every timer fire when it is due.
type story struct {
	t     testing.TB
	now   time.Time
	shelf *shelf

	processes []*process
	cur       *process // whom the sentences are about

	told  map[string]bool // leaves that are told even though they succeed at once
	terse bool            // tables: even what changes nothing is told
	lines []toldLine
	watch *watch // holds every step to the promises of the kind; nil: nobody does
}

// toldLine is a line of the story, in three parts: the name is told only where
// there are several processes.
type toldLine struct{ clock, name, text string }

// noon is when every story begins.
var noon = time.Date(2026, time.January, 1, 12, 0, 0, 0, time.UTC)

// The rules of the kinds that the stories are about.
var (
	credentials = Rules{Revocable: true}
	stored      = Rules{Revocable: true, OneTime: true, Human: true}
	provable    = Rules{OneTime: true, Human: true, Unborn: true, Proofs: true, Forgets: true}
	fixed       = Rules{Human: true, Revocable: true, Given: token("tok0", "", noon, time.Hour)}
	persistent  = Rules{Revocable: true, OneTime: true, Human: true, Given: token("tok0", "ref0", noon, time.Hour)}
)

// The stores that the stories are about. The zero Traits is memory.
var (
	onDisk   = Traits{Durable: true}
	betweenP = Traits{Durable: true, Shared: true}
)

func token(access, refresh string, issued time.Time, life time.Duration) messages.Token {
	return messages.Token{
		Access:  messages.Secret(access),
		Refresh: messages.Secret(refresh),
		Issued:  issued,
		Expiry:  issued.Add(life),
	}
}

// newStory begins a story of the process A. Among with can be Rules (default:
// credentials), Traits (default: memory) and Settings.
func newStory(t testing.TB, with ...any) *story {
	t.Helper()
	rules, traits, settings := credentials, Traits{}, Settings{}
	for _, w := range with {
		switch w := w.(type) {
		case Rules:
			rules = w
		case Traits:
			traits = w
		case Settings:
			settings = w
		default:
			t.Fatalf("a story with a %T", w)
		}
	}
	settings.Store = traits
	s := &story{t: t, now: noon, shelf: &shelf{landed: map[messages.OpID]messages.Rev{}}, told: map[string]bool{}}
	s.cur = newProcess("A", settings, rules)
	s.processes = []*process{s.cur}
	return s
}

// on goes on with another process over the same store, a new one if it is new.
func (s *story) on(name string) *story {
	for _, p := range s.processes {
		if p.name == name {
			s.cur = p
			return s
		}
	}
	p := newProcess(name, *s.cur.settings, s.cur.rules)
	s.processes = append(s.processes, p)
	s.cur = p
	return s
}

// restarts crashes the process and starts it anew, with rules if some are given.
func (s *story) restarts(rules ...Rules) *story {
	s.cur.start(rules...)
	return s
}

// after lets time pass; what is due meanwhile happens.
func (s *story) after(d time.Duration) *story {
	end, cur := s.now.Add(d), s.cur
	for range 1000 {
		at, p := s.nextWake()
		if p == nil || at.After(end) {
			s.now, s.cur = end, cur
			return s
		}
		if at.After(s.now) {
			s.now = at
		}
		s.on(p.name).happens(Tick{})
	}
	s.t.Fatal("a timer fires again and again")
	return s
}

// at lets time pass until a moment of the first day, such as "12:30:00".
func (s *story) at(clock string) *story {
	s.t.Helper()
	at, err := time.Parse("15:04:05", clock)
	if err != nil {
		s.t.Fatal(err)
	}
	moment := time.Date(noon.Year(), noon.Month(), noon.Day(), at.Hour(), at.Minute(), at.Second(), 0, time.UTC)
	return s.after(moment.Sub(s.now))
}

func (s *story) nextWake() (time.Time, *process) {
	var first time.Time
	var who *process
	for _, p := range s.processes {
		if at := p.session.Wake(); !p.paused && !at.IsZero() && (who == nil || at.Before(first)) {
			first, who = at, p
		}
	}
	return first, who
}

// paused has a process do nothing, not even what is due, until a sentence is
// about it.
func (s *story) paused(name string) *story {
	for _, p := range s.processes {
		p.paused = p.paused || p.name == name
	}
	return s
}

// late lets time pass without a timer.
func (s *story) late(d time.Duration) *story {
	s.now = s.now.Add(d)
	return s
}

func (s *story) ticks() *story { return s.happens(Tick{}) }

func (s *story) gets(who string) *story { return s.asks(who, messages.Get{}) }

func (s *story) refreshes(who string) *story { return s.asks(who, messages.Refresh{}) }

func (s *story) revokes(who string) *story { return s.asks(who, messages.Revoke{}) }

func (s *story) rejects(who, access string) *story {
	return s.asks(who, messages.Reject{Token: messages.Secret(access)})
}

// establishes offers a token that lives for an hour from now.
func (s *story) establishes(who, access, refresh string) *story {
	return s.asks(who, messages.Establish{Token: token(access, refresh, s.now, time.Hour)})
}

// proves logs in by proofs.
func (s *story) proves(who string, proofs ...messages.Secret) *story {
	return s.asks(who, messages.Establish{Proofs: proofs})
}

// asks has somebody ask; the name may be empty for nobody.
func (s *story) asks(who string, a messages.Ask) *story {
	p := s.cur
	var id Caller
	if who != "" {
		p.callers++
		id = p.callers
		p.names[id] = who
	}
	return s.happens(Ask{Caller: id, Ask: a})
}

func (s *story) leaves(who string) *story {
	for id, name := range s.cur.names {
		if name == who {
			return s.happens(Leave{Caller: id})
		}
	}
	s.t.Fatalf("%s never came", who)
	return s
}

func (s *story) sleeps() *story { return s.happens(Sleep{}) }
func (s *story) closes() *story { return s.happens(Close{}) }
func (s *story) gaps() *story   { return s.happens(Gap{}) }
func (s *story) unseen() *story { return s.happens(Unseen{}) }

// hears tells the process what the store has by now.
func (s *story) hears() *story {
	return s.happens(Changed{Rev: s.shelf.rev, Record: s.shelf.record})
}

// happens is one sentence: an event, and all that succeeds at once because of it.
func (s *story) happens(ev Event) *story {
	l := line{}
	s.cur.step(s, ev, &l)
	if text := l.text(s, ev); text != "" {
		s.lines = append(s.lines, toldLine{clock: clock(s.now), name: s.cur.name, text: text})
	}
	return s
}

// texts are the lines as they are compared.
func (s *story) texts() []string {
	var texts []string
	for _, l := range s.lines {
		if len(s.processes) > 1 {
			l.text = l.name + " " + l.text
		}
		texts = append(texts, l.clock+" "+l.text)
	}
	return texts
}

// telling has leaves told even though they succeed at once, and "published".
func (s *story) telling(what ...string) *story {
	for _, w := range what {
		s.told[w] = true
	}
	return s
}

// since forgets what has been told up to here.
func (s *story) since() *story {
	s.lines = nil
	return s
}

// want compares the whole story.
func (s *story) want(want string) {
	s.t.Helper()
	got := "\n" + strings.Join(append(s.texts(), ""), "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("the story went another way (-want +got):\n%s\nit went:%s", diff, got)
	}
}
