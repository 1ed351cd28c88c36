// Package embedded runs a NATS server (github.com/nats-io/nats-server) with JetStream in
// the process itself, for tests of programs that use natsstore, and for installations that
// one server is enough for.
//
//	srv, err := embedded.Start(embedded.Options{Dir: "/var/lib/gateway/nats"})
//	s, err := natsstore.Open(ctx, "", natsstore.Options{InProcess: srv})
//	mgr, err := sessions.Open(sessions.Config{Store: s})
//
// Other processes share the sessions if the server listens:
//
//	srv, err := embedded.Start(embedded.Options{Dir: dir, Listen: "127.0.0.1:4222", User: "gateway", Password: password})
//	s, err := natsstore.Open(ctx, "nats://gateway:"+password+"@127.0.0.1:4222", natsstore.Options{})
//
// What it has acknowledged is on the disk, unless it is told Unsynced, and survives the
// sudden death of the process and of the machine; the loss of the disk it does not. The
// tokens are in the folder as they are, unless the store is wrapped in sealed. The folder
// belongs to one server at a time, and on Windows nothing looks whether it does.
//
// What it does not do: TLS, so let it listen where nobody else can hear; several servers,
// accounts and limits: whoever needs those runs nats-server. A pause of the process would
// be one of the cluster.
package embedded
