package enumerate

import (
	"strconv"
	"time"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// processNames are the Config.Names of the processes.
var processNames = [2]string{"A", "B"}

// process is one process with its session, what it has published, and who waits.
type process struct {
	id, life int
	mode     mode
	settings *machine.Settings
	session  machine.Session

	flights []flight // leaves on their way, in the order in which they went out
	callers []caller // who wait
	asked   machine.Caller

	published bool
	snapshot  machine.Publish
	high      place        // of the newest that was published
	told      messages.Rev // the newest revision that the watch has told of

	barred   uint16        // families that were revoked, as is known here: no token of theirs is given out any more
	rejected uint16        // pairs that were rejected here
	barrier  time.Duration // when another token may be rejected here; zero: at any time
}

// mode is whether a process runs.
type mode uint8

const (
	running mode = iota
	paused       // it stands still: what it is told waits, and so do its timers
)

// caller is somebody who waits for an answer.
type caller struct {
	id    machine.Caller
	what  want
	since time.Duration
	about uint16 // wantsRevoke: the families that are to be ended
}

// want is what a caller has asked for.
type want uint8

const (
	wantsToken want = iota
	wantsReject
	wantsRevoke
	wantsLogin
)

// place is where a token stands among the tokens of a session.
type place struct{ grant, generation uint64 }

// boot starts a process over what the store has.
func (w *World) boot(id, life int) *process {
	p := &process{id: id, life: life, settings: w.settingsOf(id, life)}
	p.session = machine.New("session", p.settings, &w.rules)
	return p
}

func (w *World) settingsOf(id, life int) *machine.Settings {
	for len(w.lives[id]) < life {
		panic("BUG: a process starts more often than it can crash")
	}
	return &w.lives[id][life-1]
}

// makeLives makes the settings of every start of every process.
func (w *World) makeLives() {
	for id := range w.lives {
		for life := range int(w.budget.faults) + 1 {
			s := w.settings.WithDefaults()
			s.Name = processNames[id]
			s.Owner = s.Name + strconv.Itoa(life+1)
			w.lives[id] = append(w.lives[id], s)
		}
	}
}

// due reports whether a timer of the process has come.
func (p *process) due(now time.Time) bool {
	at := p.session.Wake()
	return !at.IsZero() && !at.After(now)
}

// waitsFor reports whether the session still waits for a leaf.
func (p *process) waitsFor(f *flight) bool {
	return f.life == p.life && p.session.Leaf() == f.leaf.Number
}

// shows reports whether a token is given out without asking.
func (p *process) shows(now time.Time) bool {
	return p.published && now.Before(p.snapshot.Until)
}

// moments are those at which the process, or what it says, changes by time alone.
func (p *process) moments(now time.Time) [5]time.Time {
	if p.mode != running {
		return [5]time.Time{}
	}
	at := [5]time.Time{p.session.Wake(), p.session.View(now).NextTry}
	if p.barrier > 0 {
		at[4] = epoch.Add(p.barrier)
	}
	if p.published {
		at[2], at[3] = p.snapshot.StaleAt, p.snapshot.Until
	}
	return at
}
