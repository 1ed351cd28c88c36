package simcore

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast/clockutil"
)

// Fault is something that goes wrong in a history.
type Fault uint8

// The faults.
const (
	Slow       Fault = iota // a leaf takes about its deadline, or ignores it
	LostBefore              // it never arrives
	LostAfter               // it is done, and its answer is lost
	Duplicate               // its answer comes twice
	Late                    // it is given up, and arrives after that
	Conflict                // somebody has written the record just before
	Stale                   // a replica answers with what was
	Gap                     // the watch is broken for a while
	Unwritten               // the store refuses
	Open                    // the store does not know whether it has written
	Down                    // the store is down for a while
	Broken                  // 5xx, done or not
	Busy                    // 429 and 503, with and without Retry-After
	Hopeless                // invalid_client
	Denied                  // the human takes the grant back
	Short                   // a token that lives for a moment
	Crash                   // a process ends after a step
	Cut                     // or in the middle of one, between any two effects
	Pause                   // a process stands still for a while, and goes on
	Suspend                 // and its monotonic clock stands still with it
	Skew                    // the wall clocks of processes differ
	Jump                    // and are set
	Leave                   // callers leave
	faultCount
)

var faultNames = [faultCount]string{
	"slow", "lost-before", "lost-after", "duplicate", "late", "conflict", "stale", "gap", "unwritten", "open", "down",
	"broken", "busy", "hopeless", "denied", "short", "crash", "cut", "pause", "suspend", "skew", "jump", "leave",
}

// String returns the fault's name.
func (f Fault) String() string { return faultNames[f] }

// Faults are the names of all faults.
func Faults() []string { return faultNames[:] }

// Weather says how often each fault strikes, in a thousand.
type Weather [faultCount]int

// All is the weather in which anything may go wrong, as far as a seed wants it.
func All() Weather {
	var w Weather
	for f := range w {
		w[f] = 1000
	}
	return w
}

// ParseFaults returns the weather that allows the faults of a list of names, such as
// "slow,crash", "all" or "none".
func ParseFaults(list string) (Weather, error) {
	switch list {
	case "all":
		return All(), nil
	case "none":
		return Weather{}, nil
	}
	var w Weather
	for name := range strings.SplitSeq(list, ",") {
		f := slices.Index(faultNames[:], name)
		if f < 0 {
			return Weather{}, fmt.Errorf("unknown fault %q; there are: all, none, %s", name, strings.Join(Faults(), ", "))
		}
		w[f] = 1000
	}
	return w, nil
}

// MarshalText writes the fault's name.
func (f Fault) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads what MarshalText has written.
func (f *Fault) UnmarshalText(b []byte) error { return named(f, faultNames[:], "fault", b) }

// named finds a name among those of a kind of thing.
func named[T ~uint8](v *T, names []string, of string, name []byte) error {
	i := slices.Index(names, string(name))
	if i < 0 {
		return fmt.Errorf("unknown %s %q; there are: %s", of, name, strings.Join(names, ", "))
	}
	*v = T(i)
	return nil
}

// Strike is a fault that goes wrong in the operation of this key, whatever the weather.
type Strike struct {
	Fault Fault
	Key   uint64
}

// MarshalJSON writes the faults that can strike by their names.
func (w Weather) MarshalJSON() ([]byte, error) {
	named := map[string]int{}
	for f, rate := range w {
		if rate > 0 {
			named[faultNames[f]] = rate
		}
	}
	return json.Marshal(named)
}

// UnmarshalJSON reads what MarshalJSON has written.
func (w *Weather) UnmarshalJSON(b []byte) error {
	var named map[string]int
	if err := json.Unmarshal(b, &named); err != nil {
		return err
	}
	*w = Weather{}
	for name, rate := range named {
		var f Fault
		if err := f.UnmarshalText([]byte(name)); err != nil {
			return err
		}
		w[f] = rate
	}
	return nil
}

// strikes reports whether this goes wrong in the operation of this key. It depends on
// nothing but the strikes of the script, the seed of the faults and the key, so that a
// history of which something is left out keeps its other faults.
func (w *World) strikes(f Fault, key uint64) bool {
	rate := w.script.Weather[f]
	if rate == 0 && len(w.script.Strikes) == 0 || w.calm {
		return false
	}
	drawn := rate != 0 && w.chance(key, uint64(f))%1000 < uint64(rate)
	if !drawn && !slices.Contains(w.script.Strikes, Strike{f, key}) {
		return false
	}
	w.story.strikes(Strike{f, key})
	return true
}

// may reports whether a fault can strike at all.
func (w *World) may(f Fault) bool {
	return w.script.Weather[f] > 0 || slices.ContainsFunc(w.script.Strikes, func(s Strike) bool { return s.Fault == f })
}

// chance is a number that depends on the seed of the faults and its arguments alone.
func (w *World) chance(key, salt uint64) uint64 { return clockutil.Mix(w.script.Faults, key, salt) }
