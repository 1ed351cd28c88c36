package main

import (
	"context"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/holdfast-go/holdfast/store"
	"github.com/holdfast-go/holdfast/store/natsstore"
	"github.com/holdfast-go/holdfast/store/natsstore/embedded"
)

// NATS JetStream, by a server in this process that is reached over loopback and waits for
// the disk with each write, beside a key-value bucket of the driver.
func natsShelf() shelf {
	return shelf{
		name:   "natsstore",
		driver: "nats.go",
		module: "github.com/nats-io/nats.go",
		hand:   "nats.go: Update and Get of a KeyValue, no direct gets",
		tells:  "nats.go: the Update, republished; Subscribe",
		open:   openNATSPlace,
	}
}

type natsPlace struct{ server *embedded.Server }

func openNATSPlace(context.Context, settings) (place, error) {
	s, err := embedded.Start(embedded.Options{Listen: "127.0.0.1:0"})
	if err != nil {
		return nil, err
	}
	return natsPlace{s}, nil
}

func (p natsPlace) store(ctx context.Context) (store.Store, error) {
	return natsstore.Open(ctx, p.server.URL(), natsstore.Options{})
}

const natsTold = "told.by.hand"

func (p natsPlace) client(ctx context.Context) (client, error) {
	conn, err := nats.Connect(p.server.URL())
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, err
	}
	bucket, err := openBucket(ctx, js)
	return natsClient{conn, bucket}, err
}

// openBucket makes a bucket which is read from its leader, as it is not by default: what
// another node answers may be old.
func openBucket(ctx context.Context, js jetstream.JetStream) (jetstream.KeyValue, error) {
	_, err := js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket:    "by-hand",
		RePublish: &jetstream.RePublish{Source: ">", Destination: natsTold + ".>"},
	})
	if err != nil {
		return nil, err
	}
	stream, err := js.Stream(ctx, "KV_by-hand")
	if err != nil {
		return nil, err
	}
	c := stream.CachedInfo().Config
	c.AllowDirect = false
	if _, err := js.UpdateStream(ctx, c); err != nil {
		return nil, err
	}
	return js.KeyValue(ctx, "by-hand")
}

func (p natsPlace) sweep(context.Context) error { return p.server.Close() }

type natsClient struct {
	conn   *nats.Conn
	bucket jetstream.KeyValue
}

func (c natsClient) swap(ctx context.Context, key string, prev uint64, value []byte) (uint64, error) {
	return c.bucket.Update(ctx, key, value, prev)
}

func (c natsClient) tell(ctx context.Context, key string, prev uint64, value []byte) (uint64, error) {
	return c.swap(ctx, key, prev, value)
}

func (c natsClient) load(ctx context.Context, key string) ([]byte, error) {
	e, err := c.bucket.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	return e.Value(), nil
}

func (c natsClient) hear(ctx context.Context, listening, heard func()) error {
	sub, err := c.conn.Subscribe(natsTold+".>", func(*nats.Msg) { heard() })
	if err != nil {
		return err
	}
	if err := c.conn.Flush(); err != nil {
		return err
	}
	listening()
	<-ctx.Done()
	return sub.Unsubscribe()
}

func (c natsClient) close() error {
	c.conn.Close()
	return nil
}
