package pgstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/holdfast-go/holdfast/store"
)

// Options are what a store can be opened with.
type Options struct {
	// Schema is the schema of the tables, which must have nothing else in it.
	// If empty, "holdfast".
	Schema string

	// Pooled says that the connection string leads to a pooler that gives out a
	// connection for each transaction, as PgBouncer does: only the simple protocol is
	// used, nothing is kept in a connection, and Watch asks ten times a second
	// instead of listening. If false, Open looks whether what answers is the server
	// itself, and does the same if it is not: a pooler that gives out a connection for
	// a whole session cannot be told from here.
	Pooled bool

	// AcceptUnsynced takes a server that acknowledges what is not on its disk yet. The
	// store is then not Durable. If false, Open refuses it.
	AcceptUnsynced bool
}

func (o Options) schema() string {
	if o.Schema == "" {
		return "holdfast"
	}
	return o.Schema
}

// connectIn is how long one attempt to connect may take, if the connection string has
// nothing shorter.
const connectIn = 5 * time.Second

// Open opens the store that [Migrate] has made. conn is a connection string of pgx,
// which the environment completes (PGPASSWORD and the like). The store must be closed.
//
// The error is store.ErrUnavailable if the server cannot be reached, does not let the
// user in, is a standby or too old, or has no tables; store.ErrForeign if the tables
// are another program's or another version's. It says what to do, without the
// password, and nothing was changed.
func Open(ctx context.Context, conn string, o Options) (*Store, error) {
	c, err := configOf(conn)
	if err != nil {
		return nil, fmt.Errorf("pgstore: open: %w", err)
	}
	caps, pooled, err := inspect(ctx, c.ConnConfig, o)
	if err != nil {
		return nil, fmt.Errorf("pgstore: open schema %q: %w", o.schema(), err)
	}
	if o.Pooled = o.Pooled || pooled; o.Pooled {
		c.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	}
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("pgstore: open: %w", unavailable(err))
	}
	return newStore(pool, caps, o), nil
}

func configOf(conn string) (*pgxpool.Config, error) {
	c, err := pgxpool.ParseConfig(conn)
	if err != nil { // which quotes the string, and with it the password
		return nil, fmt.Errorf("%w: the connection string cannot be read; write it as postgres://user:password@host:port/database",
			store.ErrUnavailable)
	}
	if t := c.ConnConfig.ConnectTimeout; t == 0 || t > connectIn {
		c.ConnConfig.ConnectTimeout = connectIn
	}
	return c, nil
}

// connect returns a connection that a pooler may lead to as well.
func connect(ctx context.Context, c *pgx.ConnConfig) (*pgx.Conn, error) {
	simple := c.Copy()
	simple.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	db, err := pgx.ConnectConfig(ctx, simple)
	return db, unavailable(err)
}

// inspect returns what the store can do, whether a pooler is in front of the server, and an
// error if the store cannot be used.
func inspect(ctx context.Context, c *pgx.ConnConfig, o Options) (caps store.Caps, pooled bool, err error) {
	db, err := connect(ctx, c)
	if err != nil {
		return store.Caps{}, false, err
	}
	defer hangUp(ctx, db)
	if caps, err = capsOf(ctx, db, o); err != nil {
		return store.Caps{}, false, err
	}
	var pid uint32
	err = db.QueryRow(ctx, `SELECT pg_backend_pid()`).Scan(&pid)
	return caps, pid != db.PgConn().PID(), unavailable(err)
}

// capsOf returns what a server lets the store do, and an error if it is not enough.
func capsOf(ctx context.Context, db querier, o Options) (store.Caps, error) {
	var standby bool
	var number int
	var fsync, commit, standbys string
	err := db.QueryRow(ctx, `SELECT pg_is_in_recovery(), current_setting('server_version_num')::integer,
		current_setting('fsync'), current_setting('synchronous_commit'), current_setting('synchronous_standby_names')`,
	).Scan(&standby, &number, &fsync, &commit, &standbys)
	synced := fsync == "on" && commit != "off"
	switch {
	case err != nil:
		return store.Caps{}, unavailable(err)
	case number < 130000:
		return store.Caps{}, fmt.Errorf("%w: the server is older than PostgreSQL 13; use a newer one", store.ErrUnavailable)
	case standby:
		return store.Caps{}, fmt.Errorf("%w: the server is a standby; give the primary, or all with target_session_attrs=read-write",
			store.ErrUnavailable)
	case !synced && !o.AcceptUnsynced:
		return store.Caps{}, fmt.Errorf("%w: the server acknowledges what is not on its disk (fsync is %s, synchronous_commit %s); set both to on, or AcceptUnsynced",
			store.ErrUnavailable, fsync, commit)
	}
	if err := checkFormat(ctx, db, o.schema()); err != nil {
		return store.Caps{}, err
	}
	return store.Caps{
		Shared:     true,
		Durable:    synced,
		Failover:   synced && standbys != "" && (commit == "on" || commit == "remote_apply"),
		GapAfter:   gapAfter,
		Tombstones: store.Forever,
		MaxValue:   maxValue,
	}, nil
}

// querier is a connection or a transaction.
type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// checkFormat returns an error unless the tables are of this version.
func checkFormat(ctx context.Context, db querier, schema string) error {
	found, err := readFormat(ctx, db, schema)
	switch {
	case err != nil:
		return err
	case found > version:
		return newer(found)
	case found < version:
		return fmt.Errorf("%w: its format is %d and this program writes %d; run pgstore.Migrate", store.ErrForeign, found, version)
	}
	return nil
}

// readFormat returns the version of tables that are there.
func readFormat(ctx context.Context, db querier, schema string) (found int, err error) {
	err = db.QueryRow(ctx, `SELECT version FROM `+pgx.Identifier{schema, "format"}.Sanitize()).Scan(&found)
	switch code := codeOf(err); {
	case err == nil:
		return found, nil
	case code == "42P01", code == "3F000": // no such table, no such schema
		return 0, fmt.Errorf("%w: there are no tables; run pgstore.Migrate", store.ErrUnavailable)
	case code == "42703", errors.Is(err, pgx.ErrNoRows), code == "" && isScan(err):
		return 0, fmt.Errorf("%w: the tables are of another program; give another schema", store.ErrForeign)
	}
	return 0, unavailable(err)
}

// isScan reports whether a row came that does not look like ours.
func isScan(err error) bool {
	var scan pgx.ScanArgError
	return errors.As(err, &scan)
}

func newer(found int) error {
	return fmt.Errorf("%w: its format is %d and this program knows %d; use the version of the program that wrote it, or a newer one",
		store.ErrForeign, found, version)
}

// unavailable is what a failure means that wrote nothing; nil: nothing has failed.
func unavailable(err error) error {
	if err == nil {
		return nil
	}
	return failure{store.ErrUnavailable, err}
}

// failure is an error of the driver under the name that the contract has for it.
type failure struct{ kind, cause error }

// Error quotes what the server says, and no more: its details have rows in them.
func (f failure) Error() string {
	text := f.kind.Error() + ": " + f.cause.Error()
	if advice := adviceOn(f.cause); advice != "" {
		text += "; " + advice
	}
	return text
}

// Unwrap returns the kind, and what ended a call. The driver's error is not returned,
// since its fields may have rows in them.
func (f failure) Unwrap() []error {
	all := []error{f.kind}
	for _, ended := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(f.cause, ended) {
			all = append(all, ended)
		}
	}
	return all
}

// adviceOn says what to do about a failure.
func adviceOn(err error) string {
	var unreached *pgconn.ConnectError
	switch code := codeOf(err); {
	case strings.HasPrefix(code, "28"):
		return "give a user that may log in, and its password"
	case code == "3D000":
		return "make the database, or give another"
	case code == "42501":
		return "grant the user what the package comment of pgstore lists"
	case code == "" && errors.As(err, &unreached):
		return "see that the server runs there and can be reached"
	}
	return ""
}

// codeOf returns the SQLSTATE of an error of the server; empty: it is not one.
func codeOf(err error) string {
	var said *pgconn.PgError
	if !errors.As(err, &said) {
		return ""
	}
	return said.Code
}
