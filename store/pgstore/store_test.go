package pgstore_test

import (
	"testing"

	"github.com/holdfast-go/holdfast/store"
	"github.com/holdfast-go/holdfast/store/pgstore"
	"github.com/holdfast-go/holdfast/store/storetest"
)

func TestPostgresKeepsTheContract(t *testing.T) {
	t.Run("Direct", func(t *testing.T) { keepsTheContract(t, pgstore.Options{}) })
	t.Run("Pooled", func(t *testing.T) { keepsTheContract(t, pgstore.Options{Pooled: true}) })
}

func keepsTheContract(t *testing.T, o pgstore.Options) {
	t.Helper()
	needsServer(t)
	storetest.Run(t, func(t *testing.T) storetest.Place {
		o.Schema = newTables(t)
		var cables []*wired
		return storetest.Place{
			Open: func() (store.Store, error) {
				c := newCable(t)
				s, err := pgstore.Open(t.Context(), at(c.carries()), o)
				if err != nil {
					c.close()
					return nil, err
				}
				w := &wired{s, c}
				cables = append(cables, w)
				return w, nil
			},
			Cut: func() (mend func()) {
				before := cables
				for _, w := range before {
					w.cable.cut(true)
				}
				return func() {
					for _, w := range before {
						w.cable.cut(false)
					}
				}
			},
		}
	})
}

// wired is a store with the cable to its server, which ends with it.
type wired struct {
	*pgstore.Store
	cable *cable
}

func (w *wired) Close() error {
	defer w.cable.close()
	return w.Store.Close()
}
