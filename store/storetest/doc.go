// Package storetest is the contract of [store.Store] as tests. The test of a store
// calls [Run] with the place where that keeps its records:
//
//	func TestItKeepsTheContract(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) storetest.Place {
//			path := filepath.Join(t.TempDir(), "records")
//			return storetest.Place{
//				Open: func() (store.Store, error) { return mystore.Open(path) },
//			}
//		})
//	}
//
// Run it with -race. Each rule is a subtest in a place of its own, and a failure ends
// with the sentence of the rule that was broken. What is asked of a store goes by what
// it says of itself:
//
//	always            Load, Swap, Watch and Close; operations that are sent again, after
//	                  any answer and after none; writes that land late; goroutines
//	Caps.Durable      what was written is there when the store is opened again
//	Caps.Shared       two stores over one place see each other's writes
//	Caps.MaxValue     the longest value is taken, and a longer one is not
//	store.Lister      Keys
//	store.Exclusive   Own
//	Place.Cut         Gap in time, and what was missed meanwhile; a [Line] can be cut
//
// On top of it the claims: sessions of the library's own renew a refresh token that
// can be used once, by the records of the store. Their processes stop before and behind
// each leaf of I/O, wake too late, or die there, and take over from each other. Time is
// the suite's own there, and so is the authorization server; the store is the real
// one. A store that is neither Shared nor Durable has no claims, and is not asked.
//
// Waiting goes by the system's clock, up to ten seconds a step, and only a store that
// fails makes use of them.
package storetest
