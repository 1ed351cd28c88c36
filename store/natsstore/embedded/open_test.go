package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/simulate"
	"github.com/holdfast-go/holdfast/store"
	"github.com/holdfast-go/holdfast/store/natsstore"
	"github.com/holdfast-go/holdfast/store/natsstore/embedded"
)

// refuses expects Open to fail with an error that has these words and not the password.
func refuses(t *testing.T, url string, o natsstore.Options, want error, words string) {
	t.Helper()
	s, err := natsstore.Open(t.Context(), url, o)
	if err == nil {
		_ = s.Close()
	}
	if !errors.Is(err, want) {
		t.Fatalf("error is %v, want %v", err, want)
	}
	if text := err.Error(); !strings.Contains(text, words) || strings.Contains(text, "hunter2") {
		t.Errorf("the error %q does not say %q, or quotes the password", text, words)
	}
}

// bare returns a client of the driver alone.
func bare(t testing.TB, url string, o ...nats.Option) jetstream.JetStream {
	t.Helper()
	conn, err := nats.Connect(url, o...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func TestCapsSayWhatTheServerDoes(t *testing.T) {
	s := starts(t, embedded.Options{})
	caps := opens(t, "", natsstore.Options{InProcess: s}).Caps()
	if !caps.Shared || !caps.Durable || caps.Failover {
		t.Errorf("one server that syncs is %+v", caps)
	}
	s = starts(t, embedded.Options{Unsynced: true})
	refuses(t, "", natsstore.Options{InProcess: s}, store.ErrUnavailable, "set its sync_interval to always, or AcceptUnsynced")
	if opens(t, "", natsstore.Options{InProcess: s, AcceptUnsynced: true}).Caps().Durable {
		t.Error("what is not synced is Durable")
	}
}

// configured starts a server by a configuration, and returns its address.
func configured(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "server.conf")
	text += fmt.Sprintf("\nlisten: 127.0.0.1:-1\njetstream { store_dir: %q, sync_interval: always }\n", t.TempDir())
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := server.ProcessConfigFile(path)
	if err != nil {
		t.Fatal(err)
	}
	o.NoSigs, o.NoLog = true, true
	return runs(t, o)
}

// runs runs a server until the end of the test.
func runs(t *testing.T, o *server.Options) (address string) {
	t.Helper()
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	go s.Start()
	if !s.ReadyForConnections(30 * time.Second) {
		t.Fatal("the server has not started")
	}
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	return s.Addr().String()
}

func TestServerThatDoesNotTellIsRefused(t *testing.T) {
	url := "nats://" + configured(t, "")
	refuses(t, url, natsstore.Options{}, store.ErrUnavailable, "let the account import $SYS.REQ.SERVER.PING.VARZ")
	if opens(t, url, natsstore.Options{AcceptUnsynced: true}).Caps().Durable {
		t.Error("a server that does not tell is Durable")
	}
}

// asDocumented is the configuration of natsstore's package comment.
const asDocumented = `
accounts {
  SYS {
    exports: [ { service: "$SYS.REQ.SERVER.PING.VARZ", response_type: stream, accounts: [APP] } ]
  }
  APP {
    jetstream: enabled
    imports: [ { service: { account: SYS, subject: "$SYS.REQ.SERVER.PING.VARZ" } } ]
    users: [ { user: gateway, password: hunter2, permissions: {
      publish: [ "$KV.holdfast.>", "$SYS.REQ.SERVER.PING.VARZ",
        "$JS.API.STREAM.*.KV_holdfast", "$JS.API.STREAM.MSG.GET.KV_holdfast",
        "$JS.API.CONSUMER.*.KV_holdfast.>", "$JS.API.CONSUMER.MSG.NEXT.KV_holdfast.>" ]
      subscribe: [ "_INBOX.>", "holdfast.holdfast.>" ]
    } }, { user: guest, password: hunter2, permissions: { publish: "guest.>", subscribe: "_INBOX.>" } } ]
  }
}
system_account: SYS
`

func TestAccountAsDocumentedIsEnough(t *testing.T) {
	address := configured(t, asDocumented)
	s := opens(t, "nats://gateway:hunter2@"+address, natsstore.Options{})
	if !s.Caps().Durable {
		t.Error("a server that tells is not Durable")
	}
	w := watches(t, s)
	rev := swaps(t, s, "k", swaps(t, s, "k", 0, false), true)
	w.sees("k", rev)
	for key, err := range s.Keys(t.Context(), time.Time{}) {
		t.Errorf("listed %q, which is a tombstone, %v", key, err)
	}
	refuses(t, "nats://guest:hunter2@"+address, natsstore.Options{}, store.ErrUnavailable, "allow what the package comment lists")
}

func TestServerWithAPasswordIsAskedForIt(t *testing.T) {
	s := starts(t, embedded.Options{Listen: "127.0.0.1:0", User: "gateway", Password: "hunter2"})
	way := strings.TrimPrefix(s.URL(), "nats://")
	refuses(t, "nats://gateway:hunter22@"+way, natsstore.Options{}, store.ErrUnavailable, "look at the user and the password")
	for _, o := range []natsstore.Options{{}, {InProcess: s}} {
		opened := opens(t, "nats://gateway:hunter2@"+way, o)
		if text := fmt.Sprintf("%v %+v %#v %v %+v %#v", opened, opened, opened, s, s, s); strings.Contains(text, "hunter2") {
			t.Errorf("the store and the server print as %s", text)
		}
	}
}

func TestServerThatCannotBeUsedIsRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	refuses(t, "nats://gateway:hunter2@"+l.Addr().String(), natsstore.Options{}, store.ErrUnavailable, l.Addr().String())

	without := runs(t, &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true})
	refuses(t, "nats://"+without, natsstore.Options{}, store.ErrUnavailable, "enable it in the servers")

	small := runs(t, &server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, JetStream: true, StoreDir: t.TempDir(), MaxPayload: 1000,
	})
	refuses(t, "nats://"+small, natsstore.Options{}, store.ErrUnavailable, "set max_payload")

	alone := starts(t, embedded.Options{})
	refuses(t, "", natsstore.Options{InProcess: alone, Replicas: 3}, store.ErrUnavailable, "replicas > 1 not supported in non-clustered mode")
	refuses(t, "", natsstore.Options{InProcess: alone, Credentials: filepath.Join(t.TempDir(), "none")}, store.ErrUnavailable, "credentials")
}

func TestBucketThatIsSetOtherwiseIsLeftAsItIs(t *testing.T) {
	srv := starts(t, embedded.Options{Listen: "127.0.0.1:0"})
	js := bare(t, srv.URL())
	good := opens(t, srv.URL(), natsstore.Options{})
	swaps(t, good, "k", 0, false)
	stream, err := js.Stream(t.Context(), "KV_holdfast")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		edit  func(*jetstream.StreamConfig)
		kind  error
		words string
	}{
		"read from replicas":   {func(c *jetstream.StreamConfig) { c.AllowDirect = true }, store.ErrUnavailable, "allow_direct"},
		"in memory":            {func(c *jetstream.StreamConfig) { c.Storage = jetstream.MemoryStorage }, store.ErrUnavailable, "storage file"},
		"acknowledged early":   {func(c *jetstream.StreamConfig) { c.PersistMode = jetstream.AsyncPersistMode }, store.ErrUnavailable, "persist_mode"},
		"lost when read":       {func(c *jetstream.StreamConfig) { c.Retention = jetstream.WorkQueuePolicy }, store.ErrUnavailable, "retention"},
		"lost when full":       {func(c *jetstream.StreamConfig) { c.Discard = jetstream.DiscardOld }, store.ErrUnavailable, "discard"},
		"lost when old":        {func(c *jetstream.StreamConfig) { c.MaxAge = time.Hour }, store.ErrUnavailable, "max_age"},
		"with history":         {func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject = 5 }, store.ErrUnavailable, "max_msgs_per_subject"},
		"with graves for good": {func(c *jetstream.StreamConfig) { c.AllowMsgTTL = false }, store.ErrUnavailable, "allow_msg_ttl"},
		"forgetting writes":    {func(c *jetstream.StreamConfig) { c.Duplicates = time.Minute }, store.ErrUnavailable, "duplicate_window"},
		"not published again":  {func(c *jetstream.StreamConfig) { c.RePublish = nil }, store.ErrUnavailable, "republish"},
		"without answers":      {func(c *jetstream.StreamConfig) { c.NoAck = true }, store.ErrUnavailable, "no_ack"},
		"another program's":    {func(c *jetstream.StreamConfig) { c.Metadata = nil }, store.ErrForeign, "another program"},
		"a newer version's": {
			func(c *jetstream.StreamConfig) { c.Metadata["holdfast-format"] = "2" }, store.ErrForeign,
			`is "2" and this program knows "1"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			info, err := stream.Info(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			c, bucket := info.Config, strings.ReplaceAll(name, " ", "-")
			bucket = strings.ReplaceAll(bucket, "'", "")
			c.Name = "KV_" + bucket
			c.Subjects = []string{"$KV." + bucket + ".>"}
			c.RePublish = &jetstream.RePublish{Source: "$KV." + bucket + ".>", Destination: "holdfast." + bucket + ".>"}
			test.edit(&c)
			edited, err := js.CreateStream(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			was := edited.CachedInfo().Config
			refuses(t, srv.URL(), natsstore.Options{Bucket: bucket}, test.kind, test.words)
			now, err := edited.Info(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(was, now.Config); diff != "" {
				t.Errorf("the bucket was changed (-was +is):\n%s", diff)
			}
		})
	}
	refuses(t, srv.URL(), natsstore.Options{Replicas: 3}, store.ErrUnavailable, "num_replicas, which is 1, to 3")
}

func TestBucketInMemoryIsNotDurable(t *testing.T) {
	srv := starts(t, embedded.Options{Listen: "127.0.0.1:0"})
	js := bare(t, srv.URL())
	_ = opens(t, srv.URL(), natsstore.Options{}).Close()
	stream, err := js.Stream(t.Context(), "KV_holdfast")
	if err != nil {
		t.Fatal(err)
	}
	c := stream.CachedInfo().Config
	if err := js.DeleteStream(t.Context(), c.Name); err != nil {
		t.Fatal(err)
	}
	c.Storage = jetstream.MemoryStorage
	if _, err := js.CreateStream(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if opens(t, srv.URL(), natsstore.Options{AcceptUnsynced: true}).Caps().Durable {
		t.Error("what is in memory is Durable")
	}
}

func TestAnotherProgramsBucketIsRefused(t *testing.T) {
	srv := starts(t, embedded.Options{Listen: "127.0.0.1:0"})
	if _, err := bare(t, srv.URL()).CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "rooms"}); err != nil {
		t.Fatal(err)
	}
	refuses(t, srv.URL(), natsstore.Options{Bucket: "rooms"}, store.ErrForeign, "give another one")
}

func TestRecordThatIsNotOursIsLeftAsItIs(t *testing.T) {
	srv := starts(t, embedded.Options{Listen: "127.0.0.1:0"})
	js, s := bare(t, srv.URL()), opens(t, srv.URL(), natsstore.Options{})
	for name, row := range map[string]string{
		"a newer version's row": "\x02\x00 whatever a newer version writes",
		"text":                  "notes",
	} {
		t.Run(name, func(t *testing.T) {
			key := strings.Fields(name)[0]
			ack, err := js.Publish(t.Context(), subject(key), []byte(row))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Load(t.Context(), key, 0); !errors.Is(err, store.ErrForeign) {
				t.Errorf("Load: %v", err)
			}
			if _, err := s.Swap(t.Context(), key, 0, []byte("ours"), false, store.OpID{1}); !errors.Is(err, store.ErrForeign) {
				t.Errorf("Swap: %v", err)
			}
			listed := map[string]error{}
			for k, err := range s.Keys(t.Context(), time.Time{}) {
				listed[k] = err
			}
			if !errors.Is(listed[key], store.ErrForeign) {
				t.Errorf("listed %v", listed)
			}
			stream, err := js.Stream(t.Context(), "KV_holdfast")
			if err != nil {
				t.Fatal(err)
			}
			m, err := stream.GetLastMsgForSubject(t.Context(), subject(key))
			if err != nil || m.Sequence != ack.Sequence || string(m.Data) != row {
				t.Errorf("the record was changed: %v, %v", m, err)
			}
		})
	}
}

// A process of a newer version has written a record that this one cannot read.
func TestRecordOfANewerVersionIsNamed(t *testing.T) {
	s := opens(t, "", natsstore.Options{InProcess: starts(t, embedded.Options{})})
	newer := []byte("hfr\x02 whatever a newer version writes")
	if _, err := s.Swap(t.Context(), "k", 0, newer, false, store.OpID{1}); err != nil {
		t.Fatal(err)
	}
	mgr, err := sessions.Open(sessions.Config{Store: s})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = mgr.Close(context.WithoutCancel(t.Context())) }()
	login := simulate.NewServer(nil)
	session, err := mgr.Session("k", sessions.Persistent(login.Endpoint(), login.Login("k")))
	if err != nil {
		t.Fatal(err)
	}
	_, err = session.AccessToken(t.Context())
	if !errors.Is(err, sessions.ErrInvalid) || !strings.Contains(err.Error(), "a newer version may have written it") {
		t.Errorf("the error does not say what to do: %v", err)
	}
	if e, err := s.Load(t.Context(), "k", 0); err != nil || string(e.Value) != string(newer) {
		t.Errorf("the record is %v, %v", e, err)
	}
}
