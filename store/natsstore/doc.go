// Package natsstore keeps sessions in NATS JetStream (github.com/nats-io/nats.go), for
// processes on many machines that share them, and whose sessions must survive the loss of
// a server.
//
//	s, err := natsstore.Open(ctx, "nats://gateway:password@nats-1,nats://gateway:password@nats-2",
//		natsstore.Options{Replicas: 3})
//	mgr, err := sessions.Open(sessions.Config{Store: s})
//
// Package embedded runs such a server in the process itself, for tests and where one
// server is enough.
//
// # What the servers must be
//
// NATS 2.11 or newer, with JetStream and
//
//	jetstream { sync_interval: always }
//
// By default a server acknowledges what it writes to the disk within two minutes, and a
// power failure takes what had been acknowledged by then: a refresh token that was
// rotated in them is lost for good. Open refuses that, unless it is told AcceptUnsynced.
// A client cannot see how a server is set, so the operator must let the account ask:
//
//	accounts {
//	  SYS { exports: [ { service: "$SYS.REQ.SERVER.PING.VARZ", response_type: stream, accounts: [APP] } ] }
//	  APP { imports: [ { service: { account: SYS, subject: "$SYS.REQ.SERVER.PING.VARZ" } } ], ... }
//	}
//	system_account: SYS
//
// Open asks once, and each server that keeps the bucket must answer. [store.Caps].Durable
// is what they have said, and Failover is true if they are three or more.
//
// # The bucket
//
// It is a key-value bucket whose stream Open makes if it is not there; one that is there
// and set otherwise is refused. The user of Open needs, for the bucket "holdfast",
//
//	publish:   $KV.holdfast.>  $SYS.REQ.SERVER.PING.VARZ
//	           $JS.API.STREAM.*.KV_holdfast  $JS.API.STREAM.MSG.GET.KV_holdfast
//	           $JS.API.CONSUMER.*.KV_holdfast.>  $JS.API.CONSUMER.MSG.NEXT.KV_holdfast.>
//	subscribe: _INBOX.>  holdfast.holdfast.>
//
// and nobody else should have any of these: whoever reads a record, or hears of one, can
// use its tokens, unless the store is wrapped in sealed; and whoever may publish to
// holdfast.holdfast.> can tell watchers what was never written. Use TLS.
//
//	$KV.holdfast.K        version, gone, operation, value; K is the key in base64url
//	holdfast.holdfast.K   the same, published again by the server
//
// A revision is the sequence of a message. It begins with the microsecond at which the
// bucket was made, so that one which was lost and made again begins above the former. A
// tombstone is forgotten after a week. End the processes before a backup is put back: it
// holds refresh tokens that have been spent since, and revisions that are used again.
//
// # Writing and reading
//
// Both are done by the leader of the bucket. A write names its revision and its operation,
// and the server compares both. While another write of the key is on its way to the
// other servers, there is no verdict, and the write is sent again until there is one.
//
// # Watching
//
// A watch listens to what is published again, which comes at once and may be missed, and
// reads the bucket besides, which is complete. Each second it asks how far the bucket has
// come. There is a Gap if no answer comes for two seconds, or if what was written does
// not arrive.
//
// What it does not do: read from replicas, encrypt, move a bucket to other servers or
// set it otherwise (the nats command does).
package natsstore
