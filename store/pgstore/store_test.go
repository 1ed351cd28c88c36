package pgstore_test

import (
	"testing"

	"github.com/holdfast-go/holdfast/store"
	"github.com/holdfast-go/holdfast/store/pgstore"
	"github.com/holdfast-go/holdfast/store/storetest"
)

func TestPostgresKeepsTheContract(t *testing.T) {
	t.Run("Direct", func(t *testing.T) { keepsTheContract(t, address, pgstore.Options{}) })
	t.Run("Pooled", func(t *testing.T) { keepsTheContract(t, address, pgstore.Options{Pooled: true}) })
}

// keepsTheContract plays the suite over stores that reach the server at address.
func keepsTheContract(t *testing.T, address string, o pgstore.Options) {
	t.Helper()
	needsServer(t)
	storetest.Run(t, func(t *testing.T) storetest.Place {
		o.Schema = newTables(t)
		line := storetest.NewLine(t, address)
		return storetest.Place{
			Open: func() (store.Store, error) {
				way := line.Address()
				if line.IsCut() { // a process that has another way to the server
					way = address
				}
				return pgstore.Open(t.Context(), at(way), o)
			},
			Cut: line.Cut,
		}
	})
}
