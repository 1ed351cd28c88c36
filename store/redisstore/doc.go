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
// Who may read the keys, or subscribe to the channel, can use the tokens: they are there
// as they are. Use TLS (rediss) and a user of its own, who needs the prefix's keys and
// channel. What the driver has to say, such as that it cannot connect, it writes to
// its own log (redis.SetLogger).
//
// # The keys
//
// All of a prefix have one hash tag, so they are in one slot and a script may use them
// together. What is written is one script: it compares, writes, counts and publishes,
// or does nothing.
//
//	{holdfast}:house      hash        "format": version of this layout; "rev-2": the newest revision of that
//	{holdfast}:session:K  string      version, gone, revision, operation, value
//	{holdfast}:log        sorted set  K by the revision of its newest record
//	{holdfast}:graves     sorted set  K of each tombstone by when it is forgotten
//	{holdfast}:changes    channel     of each write its revision and key, and then its record
//
// Revisions are counted over all keys, from the microsecond at which the prefix was
// made: one that was lost and made again begins above the former. A tombstone is
// forgotten after a week.
//
// # Watching
//
// A channel tells of writes at once and to those who listen just then; nothing is
// replayed. So a watch pings its connection each second, says Gap when it has heard
// nothing for two, and reads from the log what it has missed when it is back. A server
// that has gone back behind what a watch has seen, as after a failover, ends it with
// ErrUnavailable.
//
// What it does not do: find the new primary (give it an address that follows), connect
// to a Redis Cluster, encrypt (wrap it in sealed), make a backup. One that is put back
// holds refresh tokens that have been spent since.
package redisstore
