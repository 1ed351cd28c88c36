package embedded_test

import (
	"testing"

	"github.com/holdfast-go/holdfast/store"
	"github.com/holdfast-go/holdfast/store/natsstore"
	"github.com/holdfast-go/holdfast/store/natsstore/embedded"
	"github.com/holdfast-go/holdfast/store/storetest"
)

func TestNATSKeepsTheContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Place {
		s := starts(t, embedded.Options{Listen: "127.0.0.1:0"})
		line := lineTo(t, s)
		_ = opens(t, s.URL(), natsstore.Options{}).Close() // the goroutines of a bucket are the server's
		return storetest.Place{
			Open: func() (store.Store, error) {
				way := urlOf(line)
				if line.IsCut() { // a process that has another way to the server
					way = s.URL()
				}
				return natsstore.Open(t.Context(), way, natsstore.Options{})
			},
			Cut: line.Cut,
		}
	})
}
