package simcore

import (
	"github.com/holdfast-go/holdfast/messages"
)

// checkRecord: a record never goes back, and a tombstone is not overwritten by what was
// there before it.
func (w *World) checkRecord(session int, was, is *messages.Record) {
	k := &w.known[session]
	if is.Status.Tombstone() && (was == nil || !was.Status.Tombstone()) {
		k.buried = w.now
	}
	if was == nil {
		return
	}
	if was.Newer(is.Grant, is.Generation) {
		w.breaks("record", "(%d, %d) follows (%d, %d)", is.Grant, is.Generation, was.Grant, was.Generation)
	}
	if was.Status.Tombstone() && !is.Status.Tombstone() && is.Grant <= was.Grant {
		w.breaks("record", "a renewal of grant %d overwrites the tombstone", is.Grant)
	}
	p := w.server.pair(is.Token.Access)
	if was.Status.Tombstone() && !is.Status.Tombstone() && p != nil && p.by != nil && p.issued < k.buried {
		w.breaks("record", "a%d of before the Revoke overwrites the tombstone", numberOf(is.Token.Access))
	}
	if was.Status == messages.Gone && is.Status == messages.Revoking && is.Grant <= was.Grant {
		w.breaks("record", "a tombstone goes back")
	}
	if was.Status == messages.Dead && is.Status == messages.Alive && !is.Newer(was.Grant, was.Generation) {
		w.breaks("record", "a dead generation lives again")
	}
}

// checkEnds: what only was overtaken is not ended at the server, which might end its
// whole family.
func (w *World) checkEnds(l *leaf, token messages.Secret) {
	k := &w.known[l.seat.index]
	r := w.store.shelves[l.seat.index].newest()
	if k.revokes > 0 || k.logins > 0 || k.misdated || r == nil || r.Status != messages.Alive || !w.rules[l.seat.index].OneTime {
		return
	}
	if w.familyOf(token) == w.familyOf(r.Token.Access) {
		w.breaks("only dropped", "%s is ended at the server, and its family is in use", token.Reveal())
	}
}

// beginsLogin notes a grant that begins.
func (w *World) beginsLogin(s *seat) { w.known[s.index].logins++ }

// loggedIn notes a grant that the server has begun.
func (w *World) loggedIn(session int) { w.known[session].logins++ }
