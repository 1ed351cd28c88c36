// Package boltstore keeps sessions in a file (go.etcd.io/bbolt), for programs that run
// as one process on one machine. What Swap has acknowledged is on the disk, and
// survives the sudden death of the process and of the machine; the loss of the disk
// it does not.
//
//	s, err := boltstore.Open("/var/lib/gateway/sessions.db", boltstore.Options{})
//	mgr, err := sessions.Open(sessions.Config{Store: s})
//
// # The file
//
// It belongs to one process at a time. A second one that opens it is told so at once,
// and so is a process whose file is no bbolt file, has another program's buckets, or
// was written by a newer version of this package: such a file is left as it is. It is
// made with mode 0600, in a folder that must be there. The tokens are in it as they
// are: whoever can read the file can use them, from a backup as well.
//
//	bucket "holdfast"   "format": the version of this layout
//	bucket "sessions"   key: version, gone, revision, operation, value
//
// A file grows and does not shrink; what it has let go of it uses again. Tombstones
// stay, at some hundred bytes each. A copy of a file that is open is of no use. One
// that is put back holds refresh tokens that have been spent since: most servers
// end the grants of those who show them.
//
// # Writing
//
// A write is a transaction of bbolt with two fsyncs, and the disk decides how long that
// takes. Writes that come while one is under way are made by the next one together,
// so many sessions that renew at once share its price.
//
// What it does not do: several processes ([store.Caps].Shared is false; natsstore is for
// that), encryption (wrap it in sealed), compaction (bbolt's own command has it).
package boltstore
