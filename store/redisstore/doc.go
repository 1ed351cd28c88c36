// Package redisstore keeps sessions in Redis (github.com/redis/go-redis/v9) for several
// processes, and does not survive a failover ([store.Caps].Failover is false): Redis
// acknowledges a write before its replicas have it, so the writes of the last moments
// are lost with the primary, a refresh token that was rotated in them is lost for good,
// and a session that was revoked in them is back. Use it where a login is cheap, or
// where Redis is what there is; natsstore and pgstore keep what they have acknowledged.
//
//	s, err := redisstore.Open(ctx, "rediss://gateway:password@redis:6379/0", redisstore.Options{})
//	mgr, err := sessions.Open(sessions.Config{Store: s})
//
// # What the server must be
//
// One primary, Redis 6.2 or newer. It must not evict: Open refuses a server that would,
// as far as it says so (CONFIG GET). [store.Caps].Durable is true if it says that it
// syncs each write before it answers, which is appendonly yes and appendfsync always;
// otherwise a crash takes what was not yet on the disk, with appendfsync everysec about
// a second. WAIT is not used: it narrows that window and does not close it.
//
// Who may read the keys, or subscribe to the channels, can use the tokens: they are there
// as they are. Use TLS (rediss) and a user of its own, who needs the prefix's keys and
// channels. What the driver has to say, such as that it cannot connect, it writes to
// its own log (redis.SetLogger).
//
// # The keys
//
// All of a prefix have one hash tag, so they are in one slot and a script may use them
// together. What is written is one script: it compares, writes, counts and publishes,
// or does nothing.
//
//	{holdfast}:house      hash        "format": version of this layout; "writes": how many there were
//	{holdfast}:session:K  string      version, gone, revision, operation, value
//	{holdfast}:log        sorted set  K by which write brought its newest record
//	{holdfast}:graves     sorted set  K of each tombstone by when it is forgotten
//	{holdfast}:changes:K  channel     the record of each write
//
// A revision is the microsecond of its write by the server's clock, and above the one
// before in any case: what is written in the place of what a failover has lost has a
// higher one, and so has what follows a tombstone that was forgotten. That is after a
// week. The clock must not go back by as long.
//
// # Watching
//
// A channel tells of writes at once and to those who listen just then; nothing is
// replayed. So a watch pings its connection each second, with its place in the log, says
// Gap when it has heard nothing for two, and reads from the log what has come behind the
// last ping when it is back. A server
// that has gone back behind what a watch has seen, as after a failover, ends it with
// ErrUnavailable.
//
// What it does not do: find the new primary (give it an address that follows), connect
// to a Redis Cluster, encrypt (wrap it in sealed), make a backup. One that is put back
// holds refresh tokens that have been spent since.
package redisstore
