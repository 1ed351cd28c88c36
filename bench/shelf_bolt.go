package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"

	"github.com/holdfast-go/holdfast/store"
	"github.com/holdfast-go/holdfast/store/boltstore"
)

// A file, beside a bucket of bbolt whose values have their revision in front. Both wait
// for the disk with each write.
func boltShelf() shelf {
	return shelf{
		name:   "boltstore",
		hand:   "bbolt: Get and Put in an Update; Get in a View",
		driver: "bbolt",
		module: "go.etcd.io/bbolt",
		alone:  oneProcess,
		open:   openBoltPlace,
	}
}

type boltPlace struct{ folder string }

func openBoltPlace(context.Context, settings) (place, error) {
	folder, err := os.MkdirTemp("", "holdfast-bench-")
	return boltPlace{folder}, err
}

func (p boltPlace) store(context.Context) (store.Store, error) {
	return boltstore.Open(filepath.Join(p.folder, "store"), boltstore.Options{})
}

func (p boltPlace) client(context.Context) (client, error) {
	db, err := bbolt.Open(filepath.Join(p.folder, "client"), 0o600, nil)
	if err != nil {
		return nil, err
	}
	return boltClient{db}, db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket(boltRecords)
		return err
	})
}

func (p boltPlace) sweep(context.Context) error { return os.RemoveAll(p.folder) }

var boltRecords = []byte("records")

type boltClient struct{ db *bbolt.DB }

func (c boltClient) swap(_ context.Context, key string, prev uint64, value []byte) (uint64, error) {
	return prev + 1, c.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(boltRecords)
		if revOf(b.Get([]byte(key))) != prev {
			return errConflict
		}
		return b.Put([]byte(key), withRev(prev+1, value))
	})
}

func (c boltClient) load(_ context.Context, key string) (value []byte, err error) {
	err = c.db.View(func(tx *bbolt.Tx) error {
		value = bytes.Clone(tx.Bucket(boltRecords).Get([]byte(key))[revLength:])
		return nil
	})
	return value, err
}

func (c boltClient) close() error { return c.db.Close() }

// revLength is that of a revision which stands in front of a value.
const revLength = 8

func withRev(rev uint64, value []byte) []byte {
	return append(binary.BigEndian.AppendUint64(make([]byte, 0, revLength+len(value)), rev), value...)
}

// revOf returns the revision of a row; nil has 0.
func revOf(row []byte) uint64 {
	if row == nil {
		return 0
	}
	return binary.BigEndian.Uint64(row)
}
