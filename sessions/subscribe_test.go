package sessions_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

// diary writes down each session's events: "Acquired 1, Renewed 2".
type diary struct {
	mu sync.Mutex // guards of
	of map[string][]string
}

func (d *diary) hear(ev messages.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.of == nil {
		d.of = map[string][]string{}
	}
	head := ev.Head()
	name := strings.TrimPrefix(fmt.Sprintf("%T", ev), "messages.")
	d.of[head.Key] = append(d.of[head.Key], fmt.Sprintf("%s %d", name, head.Generation))
}

func TestEventsOfASessionComeInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		mgr := manage(t, sessions.Config{})
		mgr.Subscribe(d.hear)
		var all sync.WaitGroup
		want := map[string][]string{}
		for n := range 20 {
			key := fmt.Sprint("tenant-", n)
			s := opened(t, mgr, key, sessions.Anonymous((&desk{}).endpoint()))
			want[key] = []string{"Acquired 1", "Renewed 2", "Rejected 2", "Renewed 3", "Revoked 3"}
			all.Go(func() {
				ctx := context.Background()
				accessTokenOf(t, s)
				if err := s.Refresh(ctx); err != nil {
					t.Error(err)
				}
				if err := s.Reject(ctx, accessTokenOf(t, s), nil); err != nil {
					t.Error(err)
				}
				accessTokenOf(t, s)
				if err := s.Revoke(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		synctest.Wait()
		d.mu.Lock()
		defer d.mu.Unlock()
		if diff := cmp.Diff(want, d.of); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

func TestCallbackMayCallAnythingOfTheManager(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mgr := manage(t, sessions.Config{})
		kind := sessions.Anonymous((&desk{}).endpoint())
		done := make(chan struct{})
		ctx := context.Background()
		mgr.Subscribe(func(ev messages.Event) {
			if ev.Head().Key != "first" {
				return
			}
			if _, ok := ev.(messages.Acquired); !ok {
				return
			}
			defer close(done)
			s, err := mgr.Session("second", kind)
			if err != nil {
				t.Error(err)
				return
			}
			if at := accessTokenOf(t, s); at == "" {
				t.Error("no token")
			}
			for _, err := range []error{s.Refresh(ctx), s.Reject(ctx, "another", nil), s.Revoke(ctx)} {
				if err != nil {
					t.Error(err)
				}
			}
			if first, ok := mgr.Lookup("first"); !ok || first.Status().State != "Fresh" {
				t.Error("the session that it is about is not there")
			}
			var deaf func()
			deaf = mgr.Subscribe(func(messages.Event) { deaf() })
			n := 0
			for range mgr.All() {
				n++
			}
			if n != 2 {
				t.Errorf("%d sessions, want 2", n)
			}
			if err := mgr.Forget("second"); err != nil {
				t.Error(err)
			}
			deaf()
		})
		accessTokenOf(t, opened(t, mgr, "first", kind))
		<-done
	})
}

func TestCallbackMayCloseTheManager(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mgr := manage(t, sessions.Config{})
		closed := make(chan error, 1)
		mgr.Subscribe(func(ev messages.Event) {
			if _, ok := ev.(messages.Acquired); ok {
				closed <- mgr.Close(context.Background())
			}
		})
		s := opened(t, mgr, "k", sessions.Anonymous((&desk{}).endpoint()))
		accessTokenOf(t, s)
		if err := <-closed; err != nil {
			t.Error(err)
		}
		_, err := s.AccessToken(context.Background())
		mustBe(t, err, sessions.ErrClosed)
	})
}

func TestManagerCannotBeClosedFasterThanItsSubscribersReturn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mgr, err := sessions.Open(sessions.Config{})
		if err != nil {
			t.Fatal(err)
		}
		forEver := make(chan struct{})
		mgr.Subscribe(func(messages.Event) { <-forEver })
		accessTokenOf(t, opened(t, mgr, "k", sessions.Anonymous((&desk{}).endpoint())))
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		mustBe(t, mgr.Close(ctx), context.DeadlineExceeded)
		if d := time.Since(start); d != 3*time.Second {
			t.Errorf("close returned after %s", d)
		}
		close(forEver)
		if err := mgr.Close(t.Context()); err != nil {
			t.Errorf("a second close: %v", err)
		}
	})
}

func TestSubscribeToAClosedManagerHearsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mgr := manage(t, sessions.Config{})
		if err := mgr.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		stop := mgr.Subscribe(func(ev messages.Event) { t.Errorf("heard %T", ev) })
		_, err := mgr.Session("k", sessions.Anonymous((&desk{}).endpoint()))
		mustBe(t, err, sessions.ErrClosed)
		stop()
	})
}
