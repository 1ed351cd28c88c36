package natsstore

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

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

// Swap writes the record of key. See [store.Store].
func (s *Store) Swap(
	ctx context.Context, key string, prev store.Rev, value []byte, gone bool, op store.OpID,
) (store.Rev, error) {
	switch {
	case len(value) > s.caps.MaxValue:
		return 0, fmt.Errorf("%w: the value has %d bytes, the longest %d", store.ErrTooLarge, len(value), s.caps.MaxValue)
	case len(key) > maxKey:
		return 0, fmt.Errorf("%w: the key has %d bytes, the longest %d", store.ErrTooLarge, len(key), maxKey)
	}
	ctx, end, err := s.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer end()
	m := &nats.Msg{Subject: s.names.subject(key), Data: rowOf(value, gone, op)}
	return s.publish(ctx, key, m, with(key, prev, gone, op), op)
}

// with returns how a write is published: on its revision, and once.
func with(key string, prev store.Rev, gone bool, op store.OpID) []jetstream.PublishOpt {
	all := []jetstream.PublishOpt{
		jetstream.WithRetryAttempts(0),
		jetstream.WithExpectLastSequencePerSubject(uint64(prev)),
	}
	if op != (store.OpID{}) {
		all = append(all, jetstream.WithMsgID(messageID(key, op)))
	}
	if gone {
		all = append(all, jetstream.WithMsgTTL(tombstones))
	}
	return all
}

// messageID is the name of a write for the server, which knows it for some time whatever
// the subject. Two keys may have writes of one name.
func messageID(key string, op store.OpID) string {
	h := sha256.New()
	h.Write(op[:])
	h.Write([]byte(key))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// The server's codes for a write on a revision.
const (
	wrongRevision = 10071 // a verdict, by what has been applied
	keyInFlight   = 10164 // another write of the key is under way, our own perhaps: no verdict
	writeInFlight = 10158 // this write is under way: no verdict
	messageTooBig = 10054
)

// verdictAfter is how long to wait for a write that is under way.
const verdictAfter = 2 * time.Millisecond

// publish sends a write until there is a verdict: to be sent again is all that a server
// asks for while a write of the key is under way, and so it changes nothing.
func (s *Store) publish(
	ctx context.Context, key string, m *nats.Msg, how []jetstream.PublishOpt, op store.OpID,
) (store.Rev, error) {
	for {
		ack, err := s.js.PublishMsg(ctx, m, how...)
		if err == nil {
			return store.Rev(ack.Sequence), nil
		}
		said := new(jetstream.APIError)
		if !errors.As(err, &said) {
			return 0, unanswered(err)
		}
		switch int(said.ErrorCode) {
		case wrongRevision:
			return s.look(ctx, key, op, said)
		case keyInFlight, writeInFlight:
			if !wait(ctx, verdictAfter) {
				return 0, fmt.Errorf("%w: %w: %w", store.ErrUnknown, said, ctx.Err())
			}
		default:
			return 0, refusal(said)
		}
	}
}

// unanswered is what it means that a write has no answer. It was not sent if the driver
// or its server says that there is nobody to send it to.
func unanswered(err error) error {
	for _, unsent := range []error{
		jetstream.ErrNoStreamResponse, nats.ErrReconnectBufExceeded, nats.ErrConnectionReconnecting,
		nats.ErrBadSubject, nats.ErrMaxPayload,
	} {
		if errors.Is(err, unsent) {
			return unavailable(err)
		}
	}
	return fmt.Errorf("%w: %w", store.ErrUnknown, err)
}

// refusal is what an error of the server means. Where it has failed, and not we, a write
// may be on other servers all the same.
func refusal(said *jetstream.APIError) error {
	switch {
	case said.ErrorCode == messageTooBig:
		return fmt.Errorf("%w: %w", store.ErrTooLarge, said)
	case said.Code == 400:
		return unavailable(said)
	}
	return fmt.Errorf("%w: %w", store.ErrUnknown, said)
}

// look answers a write whose revision is not the current one: it may have landed before.
// What is read must not be older than the verdict.
func (s *Store) look(ctx context.Context, key string, op store.OpID, said *jetstream.APIError) (store.Rev, error) {
	e, err := s.load(ctx, key)
	switch {
	case err != nil && !errors.Is(err, store.ErrNotFound):
		return 0, err
	case e.Rev < judged(said):
		return 0, fmt.Errorf("%w: revision %d is the newest that can be read", store.ErrUnavailable, e.Rev)
	case op != store.OpID{} && op == e.Op:
		return e.Rev, nil
	}
	return 0, store.ErrConflict
}

// judged returns the revision that a verdict says is current, zero if it does not say.
func judged(said *jetstream.APIError) store.Rev {
	_, number, _ := strings.Cut(said.Description, ": ")
	rev, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		return 0
	}
	return store.Rev(rev)
}

// wait waits until ctx ends, no longer than d, and reports whether d is over.
func wait(ctx context.Context, d time.Duration) bool {
	over := time.NewTimer(d)
	defer over.Stop()
	select {
	case <-over.C:
		return true
	case <-ctx.Done():
		return false
	}
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
