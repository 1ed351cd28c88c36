package pgstore

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/holdfast-go/holdfast/internal/rewatch"
	"github.com/holdfast-go/holdfast/store"
)

const (
	// askAfter is how long a watch listens before it asks all the same: for the sign of
	// life, and for what a lost notification was about. Behind a pooler it is all that
	// there is.
	askAfter       = time.Second
	askAfterPooled = 100 * time.Millisecond

	// answerIn is how long an answer may take.
	answerIn = 2 * time.Second

	// gapAfter has room for the process to be late.
	gapAfter = askAfter + answerIn + time.Second
)

// The snapshot of a statement says which transactions it sees. So what has changed
// between two statements is what was written by a transaction that the one sees and the
// other does not, in whatever order they were begun and committed. The bounds of xid
// are there for its index; the upper one also leaves out rows that were restored from a
// server with higher numbers.
const (
	nowSQL = `SELECT pg_current_snapshot()::text, pg_postmaster_start_time()::text`

	changedSQL = `
SELECT now.snapshot::text, now.server, s.key, s.rev, s.op, s.gone, s.value
FROM (SELECT pg_current_snapshot() AS snapshot, pg_postmaster_start_time()::text AS server) AS now
LEFT JOIN {sessions} AS s
ON s.xid >= pg_snapshot_xmin($1::pg_snapshot) AND s.xid < pg_snapshot_xmax(now.snapshot)
AND NOT pg_visible_in_snapshot(s.xid, $1::pg_snapshot)`

	allSQL = `
SELECT now.snapshot::text, now.server, s.key, s.rev, s.op, s.gone, s.value
FROM (SELECT pg_current_snapshot() AS snapshot, pg_postmaster_start_time()::text AS server) AS now
LEFT JOIN {sessions} AS s ON true`
)

// errAnother says that the answers come from another server than before, or from one
// that was started again, which may use numbers of transactions a second time.
var errAnother = errors.New("another server has taken over")

// watch is a Watch that is under way.
type watch struct {
	rewatch.Watch
	store  *Store
	fn     func(store.Change)
	seen   string // the snapshot up to which all changes were told; empty: none
	server string // whose snapshot that is
	told   bool   // a notification has come since it last asked
}

// Watch reports changes. See [store.Store]. It has a connection of its own.
func (s *Store) Watch(ctx context.Context, fn func(store.Change)) error {
	w := &watch{Watch: rewatch.New(fn), store: s, fn: fn}
	return w.Run(ctx, s.closed, nil, func(ctx context.Context) error { return unavailable(w.follow(ctx)) })
}

// follow connects, and tells of changes until that connection has failed.
func (w *watch) follow(ctx context.Context) error {
	db, err := w.connect(ctx)
	if err != nil {
		return err
	}
	defer hangUp(ctx, db)
	cut := context.AfterFunc(ctx, func() { _ = db.PgConn().Conn().Close() }) // no read outlasts the watch
	defer cut()
	if w.server == "" {
		if err := w.begin(ctx, db); err != nil {
			return err
		}
		w.Sync()
	}
	for {
		w.told = false
		if err := w.tell(ctx, db); err != nil {
			return err
		}
		w.Sync()
		if err := w.wait(ctx, db); err != nil {
			return err
		}
	}
}

// connect returns a connection that listens, if it can.
func (w *watch) connect(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectIn)
	defer cancel()
	c := w.store.pool.Config().ConnConfig
	c.OnNotification = func(*pgconn.PgConn, *pgconn.Notification) { w.told = true }
	db, err := pgx.ConnectConfig(ctx, c)
	if err != nil || w.store.pooled {
		return db, err
	}
	if _, err := db.Exec(ctx, `LISTEN `+pgx.Identifier{w.store.schema}.Sanitize()); err != nil {
		hangUp(ctx, db)
		return nil, err
	}
	return db, nil
}

// hangUp closes a connection, though ctx has ended.
func hangUp(ctx context.Context, db *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = db.Close(ctx)
}

// begin takes what is there as told.
func (w *watch) begin(ctx context.Context, db *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	return db.QueryRow(ctx, w.store.sql.now).Scan(&w.seen, &w.server)
}

// tell asks for what has changed and tells of it. The rows are told as they come, so
// that there is never more than one of them in memory.
func (w *watch) tell(ctx context.Context, db *pgx.Conn) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	late := time.AfterFunc(answerIn, cancel)
	defer late.Stop()
	rows, err := w.ask(ctx, db)
	if err != nil {
		return err
	}
	defer func() {
		cancel() // what is still to come is not read
		rows.Close()
	}()
	var seen, server string
	for rows.Next() {
		late.Stop() // fn may take its time
		var r row
		var rev *int64 // nil: nothing has changed
		var gone *bool
		if err := rows.Scan(&seen, &server, &r.key, &rev, &r.op, &gone, &r.value); err != nil {
			return err
		}
		if server != w.server {
			w.seen, w.server = "", server
			return errAnother
		}
		if rev != nil && ctx.Err() == nil {
			r.rev, r.gone = *rev, *gone
			w.fn(store.Change{Kind: store.Changed, Entry: r.entry()})
		}
		late.Reset(answerIn)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	w.seen = seen
	return nil
}

// ask asks for what has changed since a snapshot, or for everything.
func (w *watch) ask(ctx context.Context, db *pgx.Conn) (pgx.Rows, error) {
	if w.seen == "" {
		return db.Query(ctx, w.store.sql.all)
	}
	return db.Query(ctx, w.store.sql.changed, w.seen)
}

// wait waits for a notification, or until it is time to ask all the same.
func (w *watch) wait(ctx context.Context, db *pgx.Conn) error {
	if w.told {
		return nil
	}
	if w.store.pooled {
		rewatch.Wait(ctx, askAfterPooled)
		return ctx.Err()
	}
	until, cancel := context.WithTimeout(ctx, askAfter)
	defer cancel()
	err := db.PgConn().WaitForNotification(until)
	if pgconn.Timeout(err) && ctx.Err() == nil {
		return nil
	}
	return err
}
