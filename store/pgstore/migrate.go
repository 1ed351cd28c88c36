package pgstore

import (
	"context"
	"embed"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/holdfast-go/holdfast/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// version is that of the tables that this package reads and writes: the number of the
// last migration.
const version = 1

// Migrate makes the schema and its tables, or brings those of an older version up to
// this one's, in one transaction. Tables of this version stay as they are. Several
// programs may call it at once. Of the options it needs the schema. Its user must be
// one that may make tables, and need not be the one of Open.
//
// The error is store.ErrForeign, and nothing is changed, if the schema holds something
// else or was written by a newer version of this package.
func Migrate(ctx context.Context, conn string, o Options) error {
	c, err := configOf(conn)
	if err != nil {
		return fmt.Errorf("pgstore: migrate: %w", err)
	}
	if err := migrate(ctx, c.ConnConfig, o.schema()); err != nil {
		return fmt.Errorf("pgstore: migrate schema %q: %w", o.schema(), err)
	}
	return nil
}

func migrate(ctx context.Context, c *pgx.ConnConfig, schema string) error {
	db, err := connect(ctx, c)
	if err != nil {
		return err
	}
	defer hangUp(ctx, db)
	tx, err := db.Begin(ctx)
	if err != nil {
		return unavailable(err)
	}
	defer func() { _ = tx.Rollback(ctx) }() // does nothing behind Commit
	if err := prepare(ctx, tx, schema); err != nil {
		return err
	}
	found, err := formatOf(ctx, tx, schema)
	if err != nil {
		return err
	}
	if found > version {
		return newer(found)
	}
	for n := found + 1; n <= version; n++ {
		if err := apply(ctx, tx, n); err != nil {
			return err
		}
	}
	return unavailable(tx.Commit(ctx))
}

// prepare waits for whoever else migrates, and makes the schema. What it sets ends with
// the transaction, as a pooler wants it.
func prepare(ctx context.Context, tx pgx.Tx, schema string) error {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, "holdfast "+schema); err != nil {
		return unavailable(err)
	}
	var there bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)`, schema).Scan(&there)
	if err != nil {
		return unavailable(err)
	}
	name := pgx.Identifier{schema}.Sanitize()
	if !there { // who may not make one can be given one
		if _, err := tx.Exec(ctx, `CREATE SCHEMA `+name); err != nil {
			return unavailable(err)
		}
	}
	_, err = tx.Exec(ctx, `SET LOCAL search_path = `+name)
	return unavailable(err)
}

// formatOf returns the version of the tables; zero: there are none, and nothing else.
func formatOf(ctx context.Context, tx pgx.Tx, schema string) (int, error) {
	var relations, ours int
	err := tx.QueryRow(ctx, `
		SELECT count(*), count(*) FILTER (WHERE relname IN ('format', 'sessions'))
		FROM pg_class WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1)`,
		schema).Scan(&relations, &ours)
	switch {
	case err != nil:
		return 0, unavailable(err)
	case relations == 0:
		return 0, nil
	case ours < 2:
		return 0, fmt.Errorf("%w: the schema holds something else; give one that is empty, or of another name", store.ErrForeign)
	}
	return readFormat(ctx, tx, schema)
}

// apply makes one step, and notes that it was made.
func apply(ctx context.Context, tx pgx.Tx, n int) error {
	step, err := migrations.ReadFile(fmt.Sprintf("migrations/%d.sql", n))
	if err != nil {
		panic("BUG: migration is not embedded")
	}
	if _, err := tx.Exec(ctx, string(step)); err != nil {
		return unavailable(err)
	}
	_, err = tx.Exec(ctx, `UPDATE format SET version = $1`, n)
	return unavailable(err)
}
