package boltstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/holdfast-go/holdfast/internal/local"
	"github.com/holdfast-go/holdfast/store"
)

// Options are what a store can be opened with.
type Options struct {
	// Wait is how long Open waits for another process to let go of the file, such as one
	// that is being replaced by this one. If zero, not at all.
	Wait time.Duration
}

var (
	house    = []byte("holdfast") // the bucket that says whose the file is
	format   = []byte("format")   // its key for the version of the layout
	sessions = []byte("sessions") // the bucket of the records
)

// version is that of the layout that this package writes.
const version = "1"

// Open opens the file at path, and makes it if there is none. The store must be closed.
//
// The error is store.ErrUnavailable if the file cannot be opened or is open elsewhere, and
// store.ErrForeign if it is not of this package or of a newer version of it. It names
// the file and says what to do; the file is as it was.
func Open(path string, o Options) (*Store, error) {
	if err := inspect(path, o); err != nil {
		return nil, fmt.Errorf("boltstore: open %s: %w", path, err)
	}
	db, err := openFile(path, o, false)
	if err != nil {
		return nil, fmt.Errorf("boltstore: open %s: %w", path, err)
	}
	if err := errors.Join(prepare(db), syncFolder(path)); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("boltstore: open %s: %w", path, err)
	}
	feed := local.NewFeed(store.ErrClosed)
	return &Store{db: db, feed: feed, writer: newWriter(db, feed)}, nil
}

// inspect looks at a file that is there, without writing: bbolt itself writes to some
// that it opens, whoever's they are.
func inspect(path string, o Options) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && info.Size() == 0 && info.Mode().IsRegular():
		return nil
	case err != nil:
		return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%w: it is no file; give the path of one", store.ErrUnavailable)
	}
	db, err := openFile(path, o, true)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	return db.View(isOurs)
}

// openFile is bbolt.Open with its errors in the words of package store.
func openFile(path string, o Options, readOnly bool) (db *bbolt.DB, err error) {
	defer func() {
		if recover() != nil { // bbolt panics where a page of the file is damaged
			err = fmt.Errorf("%w: it is damaged; put back a backup, or give another path", store.ErrForeign)
		}
	}()
	// A wait of zero would be for ever.
	db, err = bbolt.Open(path, 0o600, &bbolt.Options{Timeout: max(o.Wait, 1), ReadOnly: readOnly, NoStatistics: true})
	var failed *fs.PathError
	switch {
	case err == nil:
		return db, nil
	case errors.Is(err, berrors.ErrTimeout):
		return nil, fmt.Errorf("%w: it is open already, and one process can have it; end the other one, or use a store for several",
			store.ErrUnavailable)
	case errors.As(err, &failed):
		return nil, fmt.Errorf("%w: %w", store.ErrUnavailable, failed.Err)
	}
	return nil, fmt.Errorf("%w: it is no bbolt file, or it is damaged (%w); put back a backup, or give another path",
		store.ErrForeign, err)
}

// isOurs returns an error unless the file is of this package and of a version that it
// knows, or is empty.
func isOurs(tx *bbolt.Tx) error {
	if b := tx.Bucket(house); b != nil {
		if v := string(b.Get(format)); v != version {
			return fmt.Errorf("%w: its format is %q and this program knows %q; use the version of the program that wrote it, or a newer one",
				store.ErrForeign, v, version)
		}
		return nil
	}
	if first, _ := tx.Cursor().First(); first != nil {
		return fmt.Errorf("%w: it is of another program; give another path", store.ErrForeign)
	}
	return nil
}

// prepare makes the buckets of a new file.
func prepare(db *bbolt.DB) error {
	fresh := false
	err := db.View(func(tx *bbolt.Tx) error {
		fresh = tx.Bucket(house) == nil
		return isOurs(tx)
	})
	if err != nil || !fresh {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket(house)
		if err != nil {
			return err
		}
		_, err = tx.CreateBucket(sessions)
		return errors.Join(err, b.Put(format, []byte(version)))
	})
	if err != nil {
		return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	return nil
}

// syncFolder makes the name of a new file last: its own fsync does not.
func syncFolder(path string) error {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	_ = folder.Sync() // some systems refuse it, and then it is not needed
	return folder.Close()
}
