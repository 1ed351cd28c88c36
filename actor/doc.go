// Package actor is the shell around the machine: it turns messages into events,
// calls Step, and performs the effects. It decides nothing about tokens.
//
//	House     what the sessions of one Manager share
//	Session   one session: its mailbox, its machine, its published token
//	bound     the slots and the rate of one token endpoint
//	leaf      one I/O: a goroutine, a deadline, one answer
//	crowd     callers who ask for the same at the same moment
//	troupe    actors that are kept for the next session that wakes
//	register  the sessions by their keys
//
// A session is an actor of github.com/asynkron/protoactor-go, which no other
// package imports. The engine gives it a mailbox that is emptied by one goroutine at a
// time; everything else that an engine offers (futures, receive timeouts, stash,
// behaviour stack, restart windows) is not used, because it is bound to the real
// clock or cannot be inspected.
//
// The actor is virtual. A session is given one by the first message, and lets it go
// when nothing is under way and nothing is due; what remains is the Session itself:
// its machine, and the token that callers read without asking. The actor then plays
// another session.
//
// # Who owns what
//
// Only Receive, which the engine never runs twice at once for one session, steps
// the machine and touches the fields marked so. Session.mu guards the machine
// against those who only look, and the hand-over from one actor to the
// next. No I/O happens under a lock, and no callback but Config.Emit of a
// session that falls asleep.
//
// # Who waits
//
// A caller who wants nothing but the token joins those who came before him and have
// not arrived at the mailbox yet: they travel as one message, the machine holds, counts
// and answers them as one, and closing one channel wakes them. So 10,000 callers on an
// expired token are a handful of steps.
//
// # What ends
//
// Every goroutine is counted by the House: the mailboxes' runs, the leaves, the
// watch and the sweep. Close returns when all have ended, or says that its
// context was over first.
package actor
