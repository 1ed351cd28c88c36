package pgstore_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/store"
	"github.com/holdfast-go/holdfast/store/pgstore"
	"github.com/holdfast-go/holdfast/store/storetest"
)

func TestStandbyThatTakesOverHasAllThatWasAcknowledged(t *testing.T) {
	primary := newPrimary(t)
	standby := primary.newStandby()
	both := reach(primary, standby)
	if err := pgstore.Migrate(t.Context(), both, pgstore.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := pgstore.Open(t.Context(), "user=postgres dbname=postgres host="+standby.dir, pgstore.Options{}); !errors.Is(err, store.ErrUnavailable) ||
		!strings.Contains(err.Error(), "target_session_attrs=read-write") {
		t.Errorf("Open of a standby: %v", err)
	}
	s, err := pgstore.Open(t.Context(), both, pgstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if !s.Caps().Failover {
		t.Error("a store whose server waits for a standby has no Failover")
	}
	storetest.Crash(t, s, func() {
		primary.dies()
		standby.takesOver()
	})
}

func TestServerThatCrashesHasAllThatItHasAcknowledged(t *testing.T) {
	n := newNode(t)
	n.starts()
	if err := pgstore.Migrate(t.Context(), reach(n), pgstore.Options{}); err != nil {
		t.Fatal(err)
	}
	s, err := pgstore.Open(t.Context(), reach(n), pgstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	storetest.Crash(t, s, func() {
		n.dies()
		n.starts()
	})
}
