// Package simulate is for the tests of code that uses sessions: what does it do when a token
// dies in the middle, when the authorization server or the store fails, when a process is
// killed, when a revocation arrives? A test plays a day of that in milliseconds, and many
// different days; one that goes wrong can be played again from its number.
//
//	run       one day, say: the test's function, played once in virtual time
//	seed      the number that all chance of a run comes from
//	process   a sessions.Manager with its goroutines, which can crash and start again
//	fault     something that goes wrong with an operation: an answer is lost, a store says no
//	leaf      an operation on something outside: a token request, a write of the store, a charge
//	step      what the scheduler does at one go; between two steps every goroutine waits
//	trace     what has happened, a line each
//
// # A first test
//
//	func TestReports(t *testing.T) {
//		simulate.Run(t, simulate.Options{}, func(s *simulate.Sim) {
//			server := s.Server(simulate.TokenTTL(10 * time.Minute))
//			p := s.Process("reports", sessions.Config{Store: s.Store()})
//			p.Go("worker", func(ctx context.Context) {
//				session, err := p.Manager().Session("reports", sessions.Anonymous(server.Endpoint()))
//				if err != nil {
//					return
//				}
//				for range 50 {
//					token, err := session.AccessToken(ctx)
//					if err == nil && server.Valid(token) != nil {
//						s.Errorf("the API would say: %v", server.Valid(token))
//					}
//					time.Sleep(7 * time.Minute)
//				}
//			})
//		})
//	}
//
// [Run] plays the function for 100 seeds, each in a bubble of testing/synctest. So package
// time and contexts are virtual there, for the test and for the code that it tests: the
// sleeps above cost nothing. Time passes while every goroutine of the run waits. What is
// played is the real library, down to its HTTP requests, which [Sim.Server] answers.
//
// The goroutines of a process are begun by [Process.Go], others by [Sim.Go]. Each has a name,
// and a context that carries it: hand that on to the sessions. [Sim.At] does something at a
// certain time. The run is over when the test's function and those of all Go have returned.
//
// # Faults
//
// Without [Options.Faults] the weather is [Calm], and seeds differ only in how long things
// take, and in who comes first. With [Stormy], or [Faults] of your own choice, requests
// and answers are late or lost, the server says 502 and 429, the store refuses, conflicts and
// is behind, and processes crash, stand still and have wrong clocks. Which operations are
// struck depends on the seed and the operation alone.
//
// I/O of your own comes under the same faults by [Leaf]: a charge, say, whose answer may be
// lost after it was made. What must be true at any time is said once, by [Sim.Always]; whole
// histories can be had by [Sim.History].
//
// # Crashes
//
// By a fault, or by [Process.Crash], a process ends: what it has not saved in the [Store] is
// gone, and its goroutines do not return from their next call of a session or Leaf;
// what they have deferred is done. When it starts again, by itself after a fault and by [Process.Restart]
// after Crash, the functions of its Go are begun anew with a new Manager. So let them make
// all that they need, as a main function would. [Process.Pause] has it stand still, and
// [Process.Skew] sets its clock.
//
// # A failure
//
// The first seed that fails ends the test, which prints when it was, what was wrong, and the lines
// of the trace before that:
//
//	simulate: seed 4 failed at 2:20:10.726, after 192 steps (trace 222df25f365f1e8c):
//	    alice has left (session "alice": unavailable: …), and still pays
//	what came before:
//	   …
//	   2:20:00.726  shop/payments        revoke alice
//	   2:20:00.726  shop                 alice gives out nothing more, and is Revoked
//	   2:20:00.726  shop                 load of alice
//	   2:20:00.731  shop                 the answer to load of alice is lost
//	   2:20:10.726  shop/payments        alice: unavailable: store: no answer in time (retry after 1.687s)
//	   2:20:10.726                       WRONG: alice has left (…), and still pays
//	play it again, in its folder: go test -run '^TestWhoHasLeftPaysNothing$' -simulate.seed=4
//
// The last line, with -v and in the folder of the test, plays that seed alone and prints all of its trace, to which
// [Sim.Tracef] adds. A seed names a history only as long as neither the test nor the code is changed; when
// the bug is mended, play all seeds again. [Options.Twice] makes sure that a seed is one history.
//
// The flag -simulate.seeds plays more seeds, or fewer, than the test says: a soak; -simulate.first says with which
// it begins. The flags are known only to tests that import this package, and come after the packages on the
// command line:
//
//	go test -run '^TestSoak$' -timeout 1h ./payments -simulate.seeds=5000
//
// Where a run cannot go on, since a goroutine does real I/O, waits for a lock whose holder waits for a
// session, or computes for ever, [Options.Watchdog] ends the test and says which one.
//
// # Without a run
//
// [NewServer] is the same authorization server for ordinary tests: an http.Handler and an
// http.RoundTripper by a clock of your choice.
//
// # What it does not do
//
// It samples and proves nothing. It does not interleave goroutines between two of their
// waits, which is what -race is for, nor seed the order in which locks and channels of your own wake
// them. A goroutine of a crashed process is not cut off in the middle of your code, but at
// its next call. Processes share one network; there are no real sockets, TLS, or databases.
//
// The folder's examples, and docs/simulating.md in this module, go on from here.
package simulate
