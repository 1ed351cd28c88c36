package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"net"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/holdfast-go/holdfast/store"
	"github.com/holdfast-go/holdfast/store/pgstore"
)

// PostgreSQL as its configuration has it, beside a table of keys, revisions and values,
// whose writes are one statement each. Both have a pool of the driver's usual size.
func postgresShelf() shelf {
	return shelf{
		name:   "pgstore",
		hand:   "pgx: UPDATE … WHERE rev = prev; SELECT",
		tells:  "pgx: the UPDATE with pg_notify; LISTEN",
		driver: "pgx",
		module: "github.com/jackc/pgx/v5",
		open:   openPostgresPlace,
	}
}

// postgresURL is where a server is expected that lets its superuser in.
func (s settings) postgresURL() string {
	return cmp.Or(s.postgres, "postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable")
}

type postgresPlace struct {
	url    string
	schema string // of the store; the client's is called the same and "_by_hand"
}

func openPostgresPlace(ctx context.Context, s settings) (place, error) {
	p := &postgresPlace{s.postgresURL(), "holdfast_bench_" + strings.ToLower(rand.Text())}
	c, err := pgx.ParseConfig(p.url)
	if err != nil { // which quotes the URL, and with it the password
		return nil, absence{"the URL of -postgres cannot be read"}
	}
	if err := reach(ctx, "PostgreSQL", net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port)))); err != nil {
		return nil, err
	}
	if err := pgstore.Migrate(ctx, p.url, pgstore.Options{Schema: p.schema}); err != nil {
		return nil, absence{err.Error()}
	}
	err = p.do(ctx, `CREATE SCHEMA `+p.byHand()+`; CREATE TABLE `+p.table()+
		` (key text PRIMARY KEY, rev bigint NOT NULL, value bytea NOT NULL)`)
	if err != nil {
		return nil, errors.Join(err, p.sweep(ctx))
	}
	return p, nil
}

func (p *postgresPlace) byHand() string { return p.schema + "_by_hand" }
func (p *postgresPlace) table() string  { return p.byHand() + ".records" }

// do runs statements on a connection of their own.
func (p *postgresPlace) do(ctx context.Context, sql string) error {
	db, err := pgx.Connect(ctx, p.url)
	if err != nil {
		return err
	}
	_, err = db.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol)
	return errors.Join(err, db.Close(ctx))
}

func (p *postgresPlace) store(ctx context.Context) (store.Store, error) {
	return pgstore.Open(ctx, p.url, pgstore.Options{Schema: p.schema})
}

func (p *postgresPlace) client(ctx context.Context) (client, error) {
	pool, err := pgxpool.New(ctx, p.url)
	if err != nil {
		return nil, err
	}
	in := func(sql string) string { return strings.ReplaceAll(sql, "{records}", p.table()) }
	return &postgresClient{
		pool: pool, url: p.url, channel: p.byHand(),
		create:  in(`INSERT INTO {records} VALUES ($1, 1, $2) ON CONFLICT DO NOTHING`),
		replace: in(`UPDATE {records} SET rev = rev + 1, value = $3 WHERE key = $1 AND rev = $2`),
		notify: in(`WITH written AS (UPDATE {records} SET rev = rev + 1, value = $3 WHERE key = $1 AND rev = $2 RETURNING rev)
			SELECT pg_notify($4, '') FROM written`),
		read: in(`SELECT value FROM {records} WHERE key = $1`),
	}, nil
}

func (p *postgresPlace) sweep(ctx context.Context) error {
	return p.do(ctx, `DROP SCHEMA IF EXISTS `+p.schema+` CASCADE; DROP SCHEMA IF EXISTS `+p.byHand()+` CASCADE`)
}

type postgresClient struct {
	pool         *pgxpool.Pool
	url, channel string

	create, replace, notify, read string // statements
}

func (c *postgresClient) swap(ctx context.Context, key string, prev uint64, value []byte) (uint64, error) {
	if prev == 0 {
		return c.write(ctx, prev, c.create, key, value)
	}
	return c.write(ctx, prev, c.replace, key, int64(prev), value)
}

func (c *postgresClient) tell(ctx context.Context, key string, prev uint64, value []byte) (uint64, error) {
	if prev == 0 {
		return c.swap(ctx, key, prev, value)
	}
	return c.write(ctx, prev, c.notify, key, int64(prev), value, c.channel)
}

func (c *postgresClient) write(ctx context.Context, prev uint64, sql string, args ...any) (uint64, error) {
	done, err := c.pool.Exec(ctx, sql, args...)
	if err == nil && done.RowsAffected() != 1 {
		err = errConflict
	}
	return prev + 1, err
}

func (c *postgresClient) load(ctx context.Context, key string) (value []byte, err error) {
	err = c.pool.QueryRow(ctx, c.read, key).Scan(&value)
	return value, err
}

func (c *postgresClient) hear(ctx context.Context, listening, heard func()) error {
	db, err := pgx.Connect(ctx, c.url)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close(context.WithoutCancel(ctx)) }()
	if _, err := db.Exec(ctx, `LISTEN `+c.channel); err != nil {
		return err
	}
	listening()
	for {
		_, err := db.WaitForNotification(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		heard()
	}
}

func (c *postgresClient) close() error {
	c.pool.Close()
	return nil
}
