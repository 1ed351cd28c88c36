// Package sealed encrypts what a store keeps (github.com/tink-crypto/tink-go/v2), so that
// whoever reads the database, its disk or a backup finds no token. It wraps any store that
// takes bytes as they are:
//
//	ring, err := sealed.KeyFile{Path: "/etc/gateway/keys.json"}.Read()
//	inner, err := boltstore.Open("/var/lib/gateway/sessions.db", boltstore.Options{})
//	s, err := sealed.Open(inner, ring)
//	mgr, err := sessions.Open(sessions.Config{Store: s})
//
// Its words are:
//
//	key ring   Tink's keyset: every key opens, and the primary one seals as well
//	key id     names a key of the ring; it is no secret, and stands in each sealed value
//	cover      what stands before what is sealed, for everybody to read
//	KMS        a service that has a key and lets nobody see it
//
// # What is sealed
//
// The value of each record. To be seen are its key, its revision, its operation, whether it
// is a tombstone, its length and, in the cover, when its refresh token ends: the store
// lists by that ([store.Lister]) without being able to open anything. Who writes to the
// database can make it list wrongly; who loads the record finds out.
//
//	'h' 'f' 's'  version  end of the refresh token     the cover, of 17 bytes
//	1  key id (4 bytes)  nonce  ciphertext  tag        as Tink writes it
//
// Cover, tombstone and key are bound to what is sealed (as AEAD's associated data). So a
// value that was moved to another key, or changed in any bit, does not open. What does not
// open, is not sealed, or is sealed by a key that the ring does not have, is
// store.ErrForeign with words on what to do; it is left as it is. In a Watch it is told with
// neither value nor tombstone, which no reader takes for a record, and Load says why.
//
// # Keys
//
// A [KeyFile] makes a ring and keeps it, for its owner only, or sealed by a KMS. Any other
// [keyset.Handle] will do whose keys are Tink's AEAD with the prefix TINK: Tink's own
// tinkey makes some. Whoever loses the ring has lost the sessions: keep a copy of it, and
// not beside those of the store.
//
// Rotation of a key, where several processes use the store, has three steps, each with
// every process started again with the new ring:
//
//   - AddKey: all can open by the new key, and seal by the old one still.
//   - Promote: from now on a record is sealed by the new key when it is next written.
//   - Remove the old key, once [KeyID] finds it in no value of the inner store. A session
//     that is not used is not written either, and goes with its key.
//
// One process alone does the first two at once.
//
// What it does not do: hide how many sessions there are and when they renew; find a record
// that was put back from an earlier time, or removed; take over records that were
// written without it.
package sealed
