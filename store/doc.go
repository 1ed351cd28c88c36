// Package store says what holdfast needs of a database, and has the stores that need
// none: [NewMemory], [NewSharedMemory] and [Adapt]. Those that keep sessions beyond the
// process are packages of their own below this one.
//
// A store keeps one value for each key and knows one operation that changes it,
// compare-and-swap. All else is built on that once, above: the claim by which one
// process renews for all, what is newer than what, when a token is stale. The value
// is bytes to a store, and a secret: it is never logged and is in no error.
//
//	revision   orders the writes of one key: each is higher than all before it, and
//	           none is used twice, not even after a tombstone and a new beginning
//	tombstone  the record of a revoked session; it is a record like any other, with
//	           a small value, a revision, and Gone set
//	operation  one logical write, named by its OpID; sending it again changes nothing
//	definite   an error after which it is known what the store did
//	open       a write of which that is not known: it may land later, or never
//	gap        a time in which a watch may have missed changes
//
// # The key's life
//
//	            Swap(prev 0)          Swap(prev r, gone)
//	no record ───────────────▶ alive ───────────────────▶ tombstone
//	revision 0                  │ ▲ ▲                      │
//	                            └─┘ └──────────────────────┘
//	                    Swap(prev r) r+1…      Swap(prev r), never prev 0
//
// A store may forget a tombstone when it is older than [Caps].Tombstones. Should
// the key come back after that, its revisions still begin above all former ones:
// take them from a sequence of the whole store, or keep the last one.
//
// # Errors
//
// Every error of Load, Swap and Watch is one of these for errors.Is, but for the
// context's, with which a Watch ends. It may wrap more: that of a context that ended,
// or a driver's, if its text quotes no value.
//
//	error           of         definite  means
//	ErrNotFound     Load       yes       there never was a record, or its tombstone was forgotten
//	ErrConflict     Swap       yes       the revision is not prev; this write has not landed and never will
//	ErrUnavailable  all        yes       no answer; this call wrote nothing and left nothing under way
//	ErrUnknown      Swap       no        the write is open: send the same operation again
//	ErrTooLarge     Swap       yes       the value or the key is longer than the store takes
//	ErrClosed       all        yes       Close was called; this call wrote nothing
//	ErrForeign      Load Swap  yes       what is there, or is to be, is of another format or owner; it is left alone
//
// # Writing a store
//
// Implement [Store]; keep the op of a write beside its value, in the same atomic
// step. Package storetest is this contract as tests. What goes wrong most often, and
// what then happens:
//
//   - A write that timed out is reported as ErrUnavailable or ErrConflict: a rotated
//     refresh token is thrown away, and the session is lost. If a request has been
//     sent and no verdict came, the answer is ErrUnknown.
//   - ErrConflict is answered while an earlier send of the same op is still under
//     way: the conflict is with oneself. Look at the op of what is there first.
//   - A watch falls silent with the connection and says nothing: a revocation
//     elsewhere goes unseen. Send yourself a sign of life, and report a [Gap] within
//     Caps.GapAfter.
//   - Load is served by a replica that lags behind min: answer from the primary, or
//     ErrUnavailable.
//
// What a store does not do: retry on its own, which would hide how old an answer is;
// look into values; decide by wall clock which of two writes is the newer.
package store
