package boltstore_test

import (
	"path/filepath"
	"testing"

	"github.com/holdfast-go/holdfast/store"
	"github.com/holdfast-go/holdfast/store/boltstore"
	"github.com/holdfast-go/holdfast/store/storetest"
)

func TestBoltKeepsTheContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Place {
		path := filepath.Join(t.TempDir(), "sessions.db")
		return storetest.Place{
			Open: func() (store.Store, error) { return boltstore.Open(path, boltstore.Options{}) },
		}
	})
}
