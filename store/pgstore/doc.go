// Package pgstore keeps sessions in PostgreSQL from version 13 on (github.com/jackc/pgx),
// for processes on any number of machines that share them, where such a server is at
// hand.
//
//	err := pgstore.Migrate(ctx, "postgres://owner@db/app", pgstore.Options{})
//	s, err := pgstore.Open(ctx, "postgres://gateway@db/app", pgstore.Options{})
//	mgr, err := sessions.Open(sessions.Config{Store: s})
//
// # The tables
//
// Migrate makes them in a schema of their own, "holdfast", and brings them up to date;
// Open only looks whether they are. The user of Open needs
//
//	GRANT USAGE ON SCHEMA holdfast TO gateway;
//	GRANT SELECT ON holdfast.format TO gateway;
//	GRANT SELECT, INSERT, UPDATE ON holdfast.sessions TO gateway;
//
// The tokens are in the rows as they are: whoever can read those can use them, from a
// backup and from a server's log of its statements as well, unless the store is wrapped
// in sealed. Tombstones stay. End the processes before a backup is put back: it holds
// refresh tokens that have been spent since, and revisions that are used again.
//
// # Writing
//
// A write is one statement, and so one transaction, that compares, writes and notifies;
// one that finds another revision is followed by a look at whose that is. Nothing is
// locked beyond it. What the server acknowledges must be on its disk, or Open refuses
// it; [store.Caps].Failover is true if the server also waits for a standby that has it
// (synchronous_standby_names). A service that copies its disks is as good, and not
// seen from here. Where a standby takes over, name all servers in the connection string,
// with target_session_attrs=read-write.
//
// # Watching
//
// A watch has a connection of its own. It listens there, which is fast and may miss, and
// asks for what has changed when it hears of something, and each second in any case,
// which is complete:
//
//	row written by transaction   100   101   102   103
//	the snapshot before sees     yes   no    yes   no
//	the snapshot now sees        yes   yes   yes   no
//	                                   told        next time
//
// So a transaction that commits after others that began later is not missed, and one
// that takes hours repeats nothing. If no answer comes for two seconds there is a
// Gap, and then what was missed in it. After another server has taken over, or the same
// one was started again, numbers of transactions may come a second time: then all rows
// are read, once.
//
// Behind a pooler that gives out connections by the transaction a notification would
// never arrive, and no error would say so: the watch asks ten times a second there, see
// [Options].Pooled.
//
// What it does not do: read from standbys, delete tombstones, encrypt.
package pgstore
