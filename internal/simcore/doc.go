// Package simcore plays the house in virtual time: the real machine in the real shell on
// the real engine, several processes over one store and one authorization server, and
// whatever can go wrong. A history takes milliseconds, no goroutine is started for it, and
// the same Script is the same history, to the last turn.
//
//	Script    all that makes a history: its terms, its weather, who wants what and when
//	World     plays one script after another
//	loop      the one scheduler: what can run now, and a heap of what will happen
//	process   a start of a process: its clocks, and the Stage on which its House plays
//	leaf      one I/O: it arrives, is done, and its answer comes back, or not
//	server    an authorization server that knows what it has done
//	shelves   a store that keeps its contract
//	seat      a session in a process, with what the monitors remember of it
//	Plan      draws the script of a seed: Storm, Calm, Processes, Kinds, Month
//	Campaign  plays many seeds of a plan
//	Story     what happens in a history, for people: a timeline, and a sequence diagram
//	Shrink    makes a script small that breaks a promise
//
// # What goes wrong
//
// A Fault strikes an operation or does not, by a hash of the seed of the faults and the
// place of the operation (process, session, leaf), never by a stream of random numbers: a
// history of which events are left out keeps the faults of what is left. Delays are a few
// values, so that instants tie, and ties are decided by the seed.
//
// # What is looked at
//
// The monitors see each step of the machine with its effects, each leaf that goes out,
// each write that lands, each request that the server is shown and each answer. They are
// named for the promise that they hold: "one renewal", "spent once", "kept", "expired" and
// so on. What no client can avoid with a refresh token that can be used once is admitted
// only where it was caused: by the very request, process or write that went wrong.
//
// In the end the faults stop and clocks are right again: then everything must mend, and
// end.
//
// # What is left of a violation
//
// A script that breaks a promise is data, and can be made small: Shrink leaves out what is
// not needed for the same promise to be broken, plays what is left with other seeds where
// that moves the rest, and at last spells the weather out. A Strike is one fault, by the
// key of the operation that it strikes; with strikes only, nothing depends on a rate any
// more. What has broken a promise once is kept in testdata/scripts and played by each test
// run. A seed would not do: with any change of what is drawn it is another history.
//
// # What it does not do
//
// Requests of package sessions, HTTP and real stores are not played, nor is the coarse
// clock of the hot path.
package simcore
