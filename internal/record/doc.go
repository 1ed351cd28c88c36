// Package record writes a session's record down as bytes and reads it back.
//
//	'h' 'f' 'r'  version  length  field  field  …    a record; length is that of all its fields
//	number  length  content                          a field: a byte, an unsigned varint, that many bytes
//
// Fields stand in the order of their numbers, and one that is zero is left out.
// So a record has exactly one encoding, equal records have equal bytes, and a
// tombstone takes some sixty of them. The Token, the Claim and the Cause are
// fields whose content is again fields. Numbers are varints, times are seconds
// and nanoseconds since 1970 by the wall clock in UTC, a digest is its 32 bytes.
//
// # Sealed
//
// Package store/sealed encrypts records. What a store is given then is
//
//	'h' 'f' 's'  version  shows  seconds  nanoseconds  sealed
//
// and its first part, the cover, is there for [Due]: a store lists by the end of the
// refresh token, and has no key. shows is a byte: 0, that end is not known; 1, seconds
// (eight bytes) and nanoseconds (four) since 1970 are it; 2, what is sealed is no
// record. The cover is no secret, and whoever opens the record finds out whether
// somebody has changed it.
//
// # Why not JSON, gob or protobuf
//
// Processes of two versions share a store while a deployment is under way, and
// each writes whole records. A decoder that skips what it does not know, as all
// three do, would lose a newer process's fields with the next write: a claim or a
// doubt that is lost costs a session. Here a field number or a version that is
// not known is [ErrFormat]: the older process leaves that record alone. JSON has
// two more faults for this use: messages.Secret refuses to be written in it, on
// purpose, and one value has many texts.
//
// # Changing it
//
// A new field takes the next free number, in the encoder and in the decoder. An
// older process then refuses the records in which it is set, and only those; a
// newer one reads the old, where the field is zero. A field whose meaning changes
// is a new field. Numbers are not used again. The version is for a layout that
// differs from the one above; a decoder keeps reading all versions before its own.
// The bytes in testdata are those that users have in their stores: lines may be
// added there and never changed.
package record
