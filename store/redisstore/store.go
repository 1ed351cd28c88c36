package redisstore

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/holdfast-go/holdfast/internal/crew"
	"github.com/holdfast-go/holdfast/store"
)

const (
	// maxValue is the longest value taken. A record of two tokens of the longest kind
	// that an endpoint may send has a tenth of that.
	maxValue = 1 << 20

	maxKey = 1 << 15
)

// Store keeps sessions in Redis. Use [Open]. Its methods are safe for concurrent use.
//
// An operation is recognised when it is sent again, by whichever process, for as long
// as no other write has followed it; after that the answer is ErrConflict. A key may
// have 32 KiB. A Load is answered by the primary.
type Store struct {
	prefix, house, log, graves, channel string

	tombstones time.Duration
	durable    bool
	settings   *redis.Options
	client     *redis.Client
	crew       *crew.Crew
	life       context.Context // ends with the store
	end        context.CancelFunc

	mu     sync.Mutex // guards the field below, and Add of calls against its Wait
	closed bool
	calls  sync.WaitGroup // those that are under way
}

var (
	_ store.Store  = (*Store)(nil)
	_ store.Lister = (*Store)(nil)
)

//go:embed swap.lua
var swapSource string

var swapScript = redis.NewScript(swapSource)

func newStore(settings *redis.Options, prefix string) *Store {
	s := &Store{
		prefix:     prefix,
		house:      "{" + prefix + "}:house",
		log:        "{" + prefix + "}:log",
		graves:     "{" + prefix + "}:graves",
		channel:    "{" + prefix + "}:changes",
		tombstones: tombstones,
		settings:   settings,
		crew:       crew.New(),
	}
	s.life, s.end = context.WithCancel(context.Background())
	settings.Dialer = s.whileOpen(settings.Dialer)
	s.client = redis.NewClient(settings)
	return s
}

// whileOpen is a way to the server that ends with the store.
func (s *Store) whileOpen(dial dialer) dialer {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(s.life, cancel)()
		return dial(ctx, network, addr)
	}
}

type dialer = func(ctx context.Context, network, addr string) (net.Conn, error)

// session returns what the record of key is under.
func (s *Store) session(key string) string { return "{" + s.prefix + "}:session:" + key }

// Format names the store, whatever the verb: its settings hold a password.
func (s *Store) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redis store") }

// ask does one request, and waits for the answer no longer than ctx: the driver minds
// a context's deadline, but not its end.
func ask[T any](ctx context.Context, s *Store, request func(context.Context) (T, error)) (answer T, err error) {
	type result struct {
		answer T
		err    error
	}
	if !s.begin() {
		return answer, store.ErrClosed
	}
	told := make(chan result, 1)
	s.crew.Run(func() {
		defer s.calls.Done()
		got, err := request(ctx)
		told <- result{got, err}
	})
	select {
	case r := <-told:
		return r.answer, r.err
	case <-ctx.Done():
		err = ctx.Err()
	case <-s.life.Done():
		err = context.Canceled
	}
	select {
	case r := <-told: // it is there by now
		return r.answer, r.err
	default:
		return answer, err
	}
}

func (s *Store) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.calls.Add(1)
	}
	return !s.closed
}

// isAnswer reports whether an error is what the server has said.
func isAnswer(err error) bool {
	var said redis.Error
	return errors.As(err, &said)
}

// failed is what the error of a request means that writes nothing, or of one that
// the server has refused.
func failed(err error) error {
	switch {
	case errors.Is(err, store.ErrClosed), errors.Is(err, redis.ErrClosed):
		return store.ErrClosed
	case redis.HasErrorPrefix(err, "WRONGTYPE"):
		return fmt.Errorf("%w: a key of the prefix is of another program (%w)", store.ErrForeign, err)
	}
	return fmt.Errorf("%w: %w", store.ErrUnavailable, speakable(err))
}

// speakable is an error without what it may quote of a record: the driver quotes answers
// that it cannot read.
func speakable(err error) error {
	var network net.Error
	switch {
	case isAnswer(err), errors.As(err, &network), errors.Is(err, errNotSent), errors.Is(err, io.EOF),
		errors.Is(err, redis.ErrPoolTimeout), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return errUnreadable
}

var errUnreadable = errors.New("the answer cannot be read")

// Load returns the record of key. See [store.Store].
func (s *Store) Load(ctx context.Context, key string, min store.Rev) (store.Entry, error) {
	if ctx.Err() != nil {
		return store.Entry{}, fmt.Errorf("%w: %w", store.ErrUnavailable, ctx.Err())
	}
	row, err := ask(ctx, s, func(ctx context.Context) (string, error) {
		return s.client.Get(ctx, s.session(key)).Result()
	})
	switch {
	case errors.Is(err, redis.Nil) && min > 0:
		return store.Entry{}, fmt.Errorf("%w: there is no record", store.ErrUnavailable)
	case errors.Is(err, redis.Nil):
		return store.Entry{}, store.ErrNotFound
	case err != nil:
		return store.Entry{}, failed(err)
	}
	e, err := entryOf(key, row)
	if err == nil && e.Rev < min {
		return store.Entry{}, fmt.Errorf("%w: revision %d is the newest", store.ErrUnavailable, e.Rev)
	}
	return e, err
}

// Swap writes the record of key. See [store.Store].
func (s *Store) Swap(
	ctx context.Context, key string, prev store.Rev, value []byte, gone bool, op store.OpID,
) (store.Rev, error) {
	switch {
	case ctx.Err() != nil:
		return 0, fmt.Errorf("%w: %w", store.ErrUnavailable, ctx.Err())
	case len(value) > maxValue:
		return 0, fmt.Errorf("%w: the value has %d bytes, the longest %d", store.ErrTooLarge, len(value), maxValue)
	case len(key) > maxKey:
		return 0, fmt.Errorf("%w: the key has %d bytes, the longest %d", store.ErrTooLarge, len(key), maxKey)
	}
	// The request may outlive this call, and value belongs to the caller.
	row := rowOf(store.Entry{Value: value, Op: op, Gone: gone})
	args := []any{bytesOf(prev), row, key, s.channel}
	if gone {
		args = append(args, s.tombstones.Milliseconds())
	}
	said, err := ask(ctx, s, func(ctx context.Context) (string, error) {
		return swapScript.Run(ctx, s.client, []string{s.house, s.session(key), s.log, s.graves}, args...).Text()
	})
	if err == nil {
		return s.verdict(said)
	}
	if isAnswer(err) || errors.Is(err, errNotSent) || errors.Is(err, store.ErrClosed) || errors.Is(err, redis.ErrClosed) {
		return 0, failed(err)
	}
	return 0, fmt.Errorf("%w: %w", store.ErrUnknown, speakable(err))
}

// verdict is what swap.lua has said.
func (s *Store) verdict(said string) (store.Rev, error) {
	if rev, landed := strings.CutPrefix(said, "landed "); landed && len(rev) == 8 {
		return revOf(rev), nil
	}
	switch said {
	case "conflict":
		return 0, store.ErrConflict
	case "foreign":
		return 0, fmt.Errorf("%w: the record is no row of version %d; use the version of the program that wrote it, or a newer one",
			store.ErrForeign, rowVersion)
	}
	return 0, s.lost()
}

// errLost is that of a server that no longer has what it had.
var errLost = errors.New("the server has lost writes that it had acknowledged")

// lost is the error of a prefix that was there when the store was opened.
func (s *Store) lost() error {
	return fmt.Errorf("%w: %w: the prefix %q is gone; open the store again", store.ErrUnavailable, errLost, s.prefix)
}

// Caps returns that the store is Shared, and Durable if the server was when it was opened.
func (s *Store) Caps() store.Caps {
	return store.Caps{Shared: true, Durable: s.durable, GapAfter: gapAfter, Tombstones: s.tombstones, MaxValue: maxValue}
}

// Close ends what is under way, and lets go of the connections. See [store.Store].
func (s *Store) Close() error {
	s.mu.Lock()
	was := s.closed
	s.closed = true
	s.mu.Unlock()
	if was {
		return nil
	}
	s.end()
	err := s.client.Close()
	s.calls.Wait()
	s.crew.Dismiss()
	s.crew.Wait()
	return err
}
