package natsstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/holdfast-go/holdfast/store"
)

const (
	// maxValue is the longest value taken, if the servers take such messages, and
	// leastValue the least they must take: a record of two tokens of the longest kind that
	// an endpoint may send.
	maxValue   = 1 << 19
	leastValue = 1 << 16

	// room is what a message has besides the value.
	room = 1 << 12

	// maxKey is the longest key taken. A line of the protocol has 4,096 bytes, and a key is
	// a third longer there.
	maxKey = 2000
)

// longestValue returns what fits into messages of a server and a stream, whose limit is
// none if it is not positive.
func longestValue(payload int64, message int32) int {
	longest := min(payload, maxValue+room)
	if message > 0 {
		longest = min(longest, int64(message))
	}
	return int(longest) - room
}

// Store keeps sessions in a bucket of NATS JetStream. Use [Open]. Its methods are safe
// for concurrent use.
//
// An operation is recognised when it is sent again, by whichever process, for as long as
// no other write has followed it, and for two minutes besides; after that the answer is
// ErrConflict. A key may have 2,000 bytes. A Load is answered by the leader of the
// bucket; one that has been deposed and does not know it yet may answer once more, with
// a revision that is not older than min.
type Store struct {
	names  names
	caps   store.Caps
	conn   *nats.Conn
	js     jetstream.JetStream
	stream jetstream.Stream
	life   context.Context // ends with the store
	end    context.CancelFunc

	mu        sync.Mutex // guards the two fields below, and Add of calls against its Wait
	closed    bool
	consumers map[string]bool // names of those that the server has for readers
	calls     sync.WaitGroup  // those that are under way
}

var (
	_ store.Store  = (*Store)(nil)
	_ store.Lister = (*Store)(nil)
)

func newStore(conn *nats.Conn, o Options) *Store {
	js, err := jetstream.New(conn)
	if err != nil {
		panic("BUG: no option of ours can be wrong: " + err.Error())
	}
	s := &Store{
		names: namesOf(o.bucket()),
		caps:  store.Caps{Shared: true, GapAfter: gapAfter, Tombstones: tombstones},
		conn:  conn,
		js:    js,

		consumers: map[string]bool{},
	}
	s.life, s.end = context.WithCancel(context.Background())
	return s
}

// Format names the store, whatever the verb: its connection has a password.
func (s *Store) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "nats store") }

// begin begins a call. Its context ends with that of the caller, with the store, and when
// an answer takes too long.
func (s *Store) begin(ctx context.Context) (_ context.Context, end func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, store.ErrClosed
	}
	if ctx.Err() != nil {
		return nil, nil, unavailable(ctx.Err())
	}
	s.calls.Add(1)
	ctx, cancel := context.WithTimeout(ctx, answering)
	stop := context.AfterFunc(s.life, cancel)
	return ctx, func() {
		stop()
		cancel()
		s.calls.Done()
	}, nil
}

// unavailable is what the error of a request means that writes nothing.
func unavailable(err error) error {
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return fmt.Errorf("%w: %w: the bucket is gone; open the store again", store.ErrUnavailable, errLost)
	}
	return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
}

// errLost is that of servers that no longer have what they had.
var errLost = errors.New("the servers have lost writes that they had acknowledged")

// Load returns the record of key. See [store.Store].
func (s *Store) Load(ctx context.Context, key string, min store.Rev) (store.Entry, error) {
	ctx, end, err := s.begin(ctx)
	if err != nil {
		return store.Entry{}, err
	}
	defer end()
	e, err := s.load(ctx, key)
	switch {
	case errors.Is(err, store.ErrNotFound) && min > 0:
		return store.Entry{}, fmt.Errorf("%w: there is no record", store.ErrUnavailable)
	case err == nil && e.Rev < min:
		return store.Entry{}, fmt.Errorf("%w: revision %d is the newest", store.ErrUnavailable, e.Rev)
	}
	return e, err
}

// load asks the leader for a record.
func (s *Store) load(ctx context.Context, key string) (store.Entry, error) {
	if len(key) > maxKey { // which has no record
		return store.Entry{}, store.ErrNotFound
	}
	m, err := s.stream.GetLastMsgForSubject(ctx, s.names.subject(key))
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return store.Entry{}, store.ErrNotFound
	case err != nil:
		return store.Entry{}, unavailable(err)
	}
	return entryOf(key, m.Sequence, m.Data)
}

// Caps returns what Open has found: Durable if all servers of the bucket sync what they
// acknowledge, Failover if they are three or more besides. See [store.Store].
func (s *Store) Caps() store.Caps { return s.caps }

// Close ends what is under way, and lets go of the connection. See [store.Store].
func (s *Store) Close() error {
	s.mu.Lock()
	was := s.closed
	s.closed = true
	left := slices.Collect(maps.Keys(s.consumers))
	s.mu.Unlock()
	if was {
		return nil
	}
	s.end()
	s.calls.Wait()
	for _, name := range left {
		s.forget(name)
	}
	s.conn.Close()
	return nil
}
