// Package machine is the core of a session, as one pure function: Step takes a
// session, a moment and an event, and returns what the session has become and
// what is to be done about it. It decides everything and does nothing: it has no
// clock, no timer, no goroutine, no lock and no I/O.
//
// # Words
//
// A grant is what lets the session get tokens, a generation counts the tokens of
// a grant, and two tokens are compared as (grant, generation). A renewal is the
// whole way to the next generation. It is made of leaves, one I/O each:
//
//	Queue → Load → Claim → Mint → Save → Publish
//
//	Queue   a slot at the token endpoint; who has callers waiting goes first
//	Load    somebody may have been here: adopt what is newer, stop if it is fresh
//	Claim   write "I am renewing" into the record, by compare-and-swap
//	Mint    ask the token endpoint
//	Save    write the new pair, by compare-and-swap from the claim's revision
//
// A renewal begins with Load, before Queue, as long as the store has not been
// looked at; after that a store that nobody else writes is not looked at again.
// Claim is left out where nobody could see it, and where a second use of the
// grant does no harm.
//
// # States
//
//	state      meaning                             Get            Refresh
//	Empty      the store has not been looked at    hold, run      hold, run
//	Acquiring  no valid token, a renewal is        hold           hold
//	           under way
//	Fresh      valid                               answer         hold, run
//	Stale      valid; a renewal is under way or    answer         hold, run; after a failure
//	           due again                                          as in Cooling
//	Ending     valid, but its grant is dead        answer         its cause
//	Expired    no valid token, nothing under way   hold, run      hold, run
//	Cooling    the last renewal failed             its cause      its cause while Retry-After
//	                                                              lasts or within 1 s of the
//	                                                              last try; else hold, run
//	Dead       needs a human                       its cause      its cause
//	Revoked    was revoked, here or elsewhere      ErrRevoked; a kind that mints without a
//	                                               human: held until the revocation has ended
//	Closed     let go of; what must not be lost    ErrClosed      ErrClosed
//	           is still being saved
//
//	           renewal done    renewal failed              denied         the clock
//	Acquiring  answer all,     callers waiting and         tell all,      who was held too long
//	           Fresh (within   Retries left: again after   Dead           is told
//	           its margin:     a back-off; else tell all,
//	           Cooling)        Cooling
//	Fresh                                                                 the first ask after
//	                                                                      staleAt: run, Stale;
//	                                                                      its end: Expired
//	Stale      answer held,    tell held, due again        tell held,     its end: Acquiring if a
//	           Fresh           after a back-off            Ending         renewal is under way,
//	                                                                      Cooling while Retry-After
//	                                                                      lasts, else Expired
//	Ending                                                                its end: Dead
//	Cooling                                                               its end: Expired
//
// In every state: Reject of the token held withdraws it (Fresh → Expired, Stale
// as at its end, Ending → Dead); one that the session may find in the store, at which it
// has not looked, is not given out when it is found. Revoke withdraws it, tells those held,
// and leads to Revoked. Establish leads to Acquiring where there is no token, and
// where there is one leaves the state as it is until it succeeds. Changed adopts
// what is newer. Leave removes one caller and does nothing else. Close leads to
// Closed.
//
// # Gates
//
// Each promise has one place that keeps it:
//
//	start       begins every run, so there is never more than one
//	hold        keeps every caller, and leaves a state behind that starts a run
//	exchange    gives out every exchanged token, and begins one flight a set
//	nextFlights lets no more than 16 exchanges be under way
//	minted      the commit guard of every new token
//	loggedIn    the commit guard of every new grant
//	reconcile   the generation rule of every Save that met a conflict
//	denied      the other look before a grant is called dead
//	takeoverIn  when another's claim is not respected any more
//
// # Logins
//
// Where a kind takes proofs, an Establish with them is a run of its own: it looks at the
// store, sends the proofs, and saves what comes as the first token of the next grant. Those that
// come meanwhile wait for their own runs, one after another. A renewal that only waits for a slot or for
// another process makes room; what is there is given out until the new grant is saved, and stays if
// there is none. What no server can be asked to end, a Revoke forgets (Rules.Forgets).
//
// # Revoking
//
// A Revoke is about what the session holds, has been given, or finds in the store when it looks.
// It writes a tombstone, has the server end what lies behind that, and empties it; where there
// is a tombstone, whoever wrote it, it goes on behind that one (bury). What is to be ended
// beside it are the strays, one after another. A grant that is begun over the tombstone
// meanwhile is not the run's business (overBuried): those who have asked since wait for the next run (goOn).
// What is given after a Revoke waits for its end, and is later than the tombstone, which says when
// the Revoke was asked for (revokedAt).
//
// # Watching
//
// Where other processes write the store its watch tells of it (Changed). When that has not
// worked for too long (Unseen), what is held may have been revoked and is taken back: Fresh and
// Ending become Expired, and Stale what it does when its token ends. The pair stays, and the next
// ask begins a renewal, whose Load shows it again (see) unless there is something newer: for all
// who are held, and without a slot. A look that fails is a renewal that failed, so
// what can be minted without the store is, and all others say ErrUnavailable.
// What is held while a given token waits to be saved is taken back in the same way by a record
// that may mean its end (holdBack).
//
// # Time
//
// Step first makes the transitions that are due by now, then looks at the event,
// so a late timer does no harm and neither does a spurious one. Timers are not
// commanded but derived: Wake returns the next moment that matters. A leaf
// carries a deadline; one that has not answered a second after it is given up, and
// what it brings after that is late (see late).
//
// # Exchanges
//
// An Exchange is a Get whose token is then exchanged, so the table says for it too who
// is held and who is told what. Exchanges have nothing to do with the run: each set
// of scopes, resource, audience, actor and shared link has at most one flight,
// Queue → Exchange, for all who ask for it, and what it brings is kept. A flight that
// fails is told to those who wait for it, and cools down by itself; it never changes
// the session's state. A subject token that is refused is renewed once. What was
// exchanged goes with its parent (see sever), and with one that was renewed and is rejected
// after that (see forsake).
//
// # What it does not do
//
// It keeps no list of sessions, knows no HTTP and no encoding of records, and names
// no kind of session.
package machine
