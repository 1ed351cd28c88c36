package pgstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/holdfast-go/holdfast/store"
)

const (
	// maxValue is the longest value taken, a tenth of which is enough for a record of
	// two tokens of the longest kind that an endpoint may send.
	maxValue = 1 << 20

	// maxKey is the longest key taken. An index of PostgreSQL takes some 2,700 bytes.
	maxKey = 2000
)

// Store keeps sessions in PostgreSQL. Use [Open]. Its methods are safe for concurrent
// use.
//
// An operation is recognised when it is sent again for as long as no other write has
// followed it; after that the answer is ErrConflict. A key may have 2,000 bytes.
type Store struct {
	pool   *pgxpool.Pool
	caps   store.Caps
	schema string
	pooled bool
	sql    statements

	closed context.Context // ends with Close
	close  context.CancelFunc
	cut    context.Context // ends when Close waits no longer for calls under way
	cutOff context.CancelFunc
}

var (
	_ store.Store  = (*Store)(nil)
	_ store.Lister = (*Store)(nil)
)

func newStore(pool *pgxpool.Pool, caps store.Caps, o Options) *Store {
	s := &Store{pool: pool, caps: caps, schema: o.schema(), pooled: o.Pooled, sql: statementsFor(o.schema())}
	s.closed, s.close = context.WithCancel(context.Background())
	s.cut, s.cutOff = context.WithCancel(context.Background())
	return s
}

// statements are those of a store, with the name of its table: a search path would be
// kept in a connection.
type statements struct {
	load, look, create, replace, page string
	now, changed, all                 string
}

func statementsFor(schema string) statements {
	in := func(sql string) string {
		return strings.ReplaceAll(sql, "{sessions}", pgx.Identifier{schema, "sessions"}.Sanitize())
	}
	return statements{
		load:    in(loadSQL),
		look:    in(lookSQL),
		create:  in(createSQL),
		replace: in(replaceSQL),
		page:    in(pageSQL),
		now:     in(nowSQL),
		changed: in(changedSQL),
		all:     in(allSQL),
	}
}

const (
	loadSQL = `SELECT rev, op, gone, value FROM {sessions} WHERE key = $1::bytea`

	lookSQL = `SELECT rev, op FROM {sessions} WHERE key = $1::bytea`

	createSQL = `
WITH written AS (
	INSERT INTO {sessions} (key, rev, op, gone, value, xid)
	VALUES ($1::bytea, $2::bigint + 1, $3::bytea, $4::boolean, $5::bytea, pg_current_xact_id())
	ON CONFLICT (key) DO NOTHING
	RETURNING rev
)
SELECT rev, pg_notify($6::text, '') FROM written`

	replaceSQL = `
WITH written AS (
	UPDATE {sessions}
	SET rev = rev + 1, op = $3::bytea, gone = $4::boolean, value = $5::bytea, xid = pg_current_xact_id()
	WHERE key = $1::bytea AND rev = $2::bigint
	RETURNING rev
)
SELECT rev, pg_notify($6::text, '') FROM written`
)

// Format names the store, whatever the verb: the connection string has a password.
func (s *Store) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "postgres store") }

// Load returns the record of key. See [store.Store].
func (s *Store) Load(ctx context.Context, key string, min store.Rev) (store.Entry, error) {
	c, err := s.begin(ctx)
	if err != nil {
		return store.Entry{}, err
	}
	defer c.end()
	row := row{key: []byte(key)}
	err = c.conn.QueryRow(c.ctx, s.sql.load, row.key).Scan(&row.rev, &row.op, &row.gone, &row.value)
	e := row.entry()
	switch {
	case err != nil && !errors.Is(err, pgx.ErrNoRows):
		return store.Entry{}, unavailable(err)
	case e.Rev < min:
		return store.Entry{}, fmt.Errorf("%w: revision %d is the newest", store.ErrUnavailable, e.Rev)
	case e.Rev == 0:
		return store.Entry{}, store.ErrNotFound
	}
	return e, nil
}

// row is one of the table.
type row struct {
	key   []byte
	rev   int64
	op    []byte
	gone  bool
	value []byte
}

func (r row) entry() store.Entry {
	e := store.Entry{Key: string(r.key), Value: r.value, Rev: store.Rev(r.rev), Gone: r.gone}
	copy(e.Op[:], r.op)
	return e
}

// Swap writes the record of key. See [store.Store].
func (s *Store) Swap(
	ctx context.Context, key string, prev store.Rev, value []byte, gone bool, op store.OpID,
) (store.Rev, error) {
	switch {
	case len(value) > maxValue:
		return 0, fmt.Errorf("%w: the value has %d bytes, the longest %d", store.ErrTooLarge, len(value), maxValue)
	case len(key) > maxKey:
		return 0, fmt.Errorf("%w: the key has %d bytes, the longest %d", store.ErrTooLarge, len(key), maxKey)
	}
	c, err := s.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer c.end()
	sql := s.sql.replace
	if prev == 0 {
		sql = s.sql.create
	}
	var rev int64
	err = c.conn.QueryRow(c.ctx, sql,
		[]byte(key), int64(prev), opOrNull(op), gone, append([]byte{}, value...), s.schema).Scan(&rev, nil)
	switch {
	case err == nil:
		return store.Rev(rev), nil
	case errors.Is(err, pgx.ErrNoRows):
		return s.look(c, key, op)
	case isDefinite(err):
		return 0, unavailable(err)
	}
	return 0, failure{store.ErrUnknown, err}
}

// look answers a Swap whose revision is not the current one. It is a statement of its
// own because that has a snapshot of its own: the write may have waited for an earlier
// send of the same operation, which its own snapshot does not have.
func (s *Store) look(c *call, key string, op store.OpID) (store.Rev, error) {
	var now row
	err := c.conn.QueryRow(c.ctx, s.sql.look, []byte(key)).Scan(&now.rev, &now.op)
	switch e := now.entry(); {
	case err != nil && !errors.Is(err, pgx.ErrNoRows):
		return 0, unavailable(err)
	case op != store.OpID{} && op == e.Op:
		return e.Rev, nil
	}
	return 0, store.ErrConflict
}

// opOrNull is an operation as the table has it. NULL equals nothing.
func opOrNull(op store.OpID) []byte {
	if op == (store.OpID{}) {
		return nil
	}
	return op[:]
}

// isDefinite reports whether an error says that a statement has written nothing. A
// connection that the server ends may have been waiting for a standby, with the
// commit already made.
func isDefinite(err error) bool {
	var said *pgconn.PgError
	if errors.As(err, &said) {
		return said.SeverityUnlocalized == "ERROR" && said.Code != "40003" && !strings.HasPrefix(said.Code, "08")
	}
	return pgconn.SafeToRetry(err)
}

// call is a Load, a Swap or a page of Keys that is under way.
type call struct {
	ctx  context.Context // ends with that of the caller, and when Close waits no longer
	conn *pgxpool.Conn
	stop func()
}

func (s *Store) begin(ctx context.Context) (*call, error) {
	if s.closed.Err() != nil {
		return nil, store.ErrClosed
	}
	if ctx.Err() != nil {
		return nil, unavailable(ctx.Err())
	}
	ctx, stop := with(ctx, s.cut)
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		stop()
		if s.closed.Err() != nil {
			return nil, store.ErrClosed
		}
		return nil, unavailable(err)
	}
	return &call{ctx, conn, stop}, nil
}

func (c *call) end() {
	c.conn.Release()
	c.stop()
}

// with returns a context that ends with either.
func with(ctx, other context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	leave := context.AfterFunc(other, cancel)
	return ctx, func() {
		leave()
		cancel()
	}
}

// Caps returns what Open has found the server to do: Durable unless it acknowledges
// what is not on its disk, Failover if it waits for a standby. See [store.Store].
func (s *Store) Caps() store.Caps { return s.caps }

// closeIn is how long Close waits for calls that are under way.
const closeIn = 3 * time.Second

// Close ends every Watch, waits a few seconds for calls that are under way, cuts them
// off, and closes the connections. See [store.Store].
func (s *Store) Close() error {
	s.close()
	late := time.AfterFunc(closeIn, s.cutOff)
	defer late.Stop()
	s.pool.Close()
	s.cutOff()
	return nil
}
