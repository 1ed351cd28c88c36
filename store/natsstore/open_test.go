package natsstore

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/holdfast-go/holdfast/store"
)

// What needs a server is tested beside package embedded, which has one.

func TestURLThatCannotBeReadIsNotQuoted(t *testing.T) {
	for _, url := range []string{
		"",
		"nats://gateway:hunter2@nats:port",
		"nats://gateway:hunter2 @nats",
		"nats://gateway:/hunter2@nats",
		"nats://nats,nats://gateway:hunter2@nats:port",
		"hunter2://nats",
		"nats:hunter2",
	} {
		_, err := Open(t.Context(), url, Options{})
		if !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "write nats://user:password@host:port") {
			t.Errorf("the error of %q is %v", url, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error quotes the password: %v", err)
		}
	}
}

func TestBucketHasAPlainName(t *testing.T) {
	for _, bucket := range []string{"a.b", "a b", "*", ">", strings.Repeat("b", 201)} {
		if _, err := Open(t.Context(), "nats://nats", Options{Bucket: bucket}); err == nil || !strings.Contains(err.Error(), "name") {
			t.Errorf("the bucket %q: %v", bucket, err)
		}
	}
}

func TestOpenThatComesTooLateDoesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, "nats://nats", Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

func TestWriteIsOpenUnlessItWasNotSent(t *testing.T) {
	for _, test := range []struct{ err, want error }{
		{context.DeadlineExceeded, store.ErrUnknown},
		{context.Canceled, store.ErrUnknown},
		{nats.ErrConnectionClosed, store.ErrUnknown},
		{nats.ErrTimeout, store.ErrUnknown},
		{jetstream.ErrInvalidJSAck, store.ErrUnknown},
		{jetstream.ErrNoStreamResponse, store.ErrUnavailable},
		{nats.ErrReconnectBufExceeded, store.ErrUnavailable},
		{nats.ErrMaxPayload, store.ErrUnavailable},
	} {
		if err := unanswered(test.err); !errors.Is(err, test.want) || !errors.Is(err, test.err) {
			t.Errorf("%v becomes %v, want %v", test.err, err, test.want)
		}
	}
}

func TestServersOfABucketAreItsLeaderAndReplicas(t *testing.T) {
	one := &jetstream.StreamInfo{}
	three := &jetstream.StreamInfo{Cluster: &jetstream.ClusterInfo{
		Leader: "a", Replicas: []*jetstream.PeerInfo{{Name: "b"}, {Name: "c"}},
	}}
	got := [][]string{keepers(one, "z"), keepers(three, "z")}
	if diff := cmp.Diff([][]string{{"z"}, {"a", "b", "c"}}, got); diff != "" {
		t.Errorf("servers (-want +got):\n%s", diff)
	}
}

// What the driver does by itself is in no answer, and so in no other test.
func TestDriverHidesNothing(t *testing.T) {
	o := nats.GetDefaultOptions()
	for _, set := range settings(Options{}) {
		if err := set(&o); err != nil {
			t.Fatal(err)
		}
	}
	type shown struct {
		silent                  time.Duration
		reconnects, sendsAgain  int
		leavesAtRefusal, prints bool
	}
	got := shown{
		silent:          o.PingInterval * time.Duration(o.MaxPingsOut),
		reconnects:      o.MaxReconnect,
		sendsAgain:      o.ReconnectBufSize,
		leavesAtRefusal: !o.IgnoreAuthErrorAbort,
		prints:          o.AsyncErrorCB == nil,
	}
	want := shown{silent: 2 * time.Second, reconnects: -1, sendsAgain: -1}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(shown{})); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}
