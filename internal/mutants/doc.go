// Command mutants plants bugs in the library, one after another, and sees who finds them.
// A test suite that finds no bug tells nothing; this one says what it would have found.
//
//	go run ./internal/mutants                                 # all, which make mutants does
//	go run ./internal/mutants -only second-renewal
//	go run ./internal/mutants -markdown docs/mutants.md       # and write the table down
//
// # A mutant
//
// A mutant is a file of the folder planted, named for what goes wrong:
//
//	Promise: there is never more than one renewal under way
//	Layer: machine
//	Found-By: simulator, enumerator
//
//	--- internal/machine/run.go
//	@@
//	 func (s *step) start(p purpose) bool {
//	-	if s.run.active() {
//	+	if false {
//
// What is taken out and what stands around it must be in the source exactly once; a test
// says so of all of them, without building anything. Lines have no numbers, so they may move.
// Found-By names who must find it. Where neither the simulator nor the enumerator can,
// Only-Story says why, and stories must.
//
// # The judges
//
// The tree is never changed: a mutant is a file that the go command reads in place of another
// (go build -overlay). Each judge runs on one core, and stops at its first find.
//
//	simulator   seeds of the plans storm, processes and kinds in turn (package simcore)
//	enumerator  small worlds, breadth first (package enumerate): all of them to a depth, then on
//	promise     histories drawn at random through Step (TestPromises of package machine)
//	story       the other tests of the packages machine, record and actor, where the layer is theirs
//
// What they may do is bounded by work and not by time, so that a find, or a miss, is the same
// on each machine. The seconds are those that the judge's process had of its core. Before the first mutant
// the judges look at the code as it is, and must find nothing.
//
// It exits with 1 if a mutant was not found by those who must, and with 2 if a mutant
// could not be planted, or the code as it is was found guilty.
package main
