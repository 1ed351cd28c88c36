package pgstore_test

import (
	"context"
	"log"
	"os"

	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/store/pgstore"
)

// The tables are made or brought up to date when the program starts. Where it may not
// do that, its operator calls Migrate from a program of his own.
func ExampleOpen() {
	ctx := context.Background()
	conn := os.Getenv("DATABASE_URL")
	if err := pgstore.Migrate(ctx, conn, pgstore.Options{}); err != nil {
		log.Fatal(err)
	}
	s, err := pgstore.Open(ctx, conn, pgstore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	mgr, err := sessions.Open(sessions.Config{Store: s})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = mgr.Close(ctx) }()
}
