package sessions_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/store"
)

func TestGivenTokenIsGivenOutWithoutARequest(t *testing.T) {
	d := &desk{}
	s := sessionOf(t, sessions.Persistent(d.endpoint(), loginAt(time.Now())))
	if at := accessTokenOf(t, s); at != "at-0" {
		t.Errorf("token %s, want the given one", at)
	}
	d.wasAsked(t, 0)
}

func TestWithoutAnyTokenSomebodyMustLogIn(t *testing.T) {
	d := &desk{}
	s := sessionOf(t, sessions.Persistent(d.endpoint(), messages.Token{}))
	_, err := s.AccessToken(t.Context())
	mustBe(t, err, sessions.ErrLoginRequired)
	d.wasAsked(t, 0)
}

func TestTokenInfoOfAnotherLibraryIsTakenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{}
		left := loginAt(time.Now().Add(-2 * time.Hour))
		given, err := messages.ParseTokenInfo(left.TokenInfo())
		if err != nil {
			t.Fatal(err)
		}
		s := sessionOf(t, sessions.Persistent(boxed(d), given))
		if at := accessTokenOf(t, s); at != "at-1" {
			t.Errorf("token %s, want at-1", at)
		}
	})
}

func TestStoredTokenWinsOverAnOlderGivenOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{}
		memory := store.NewMemory()
		start := time.Now()
		first, err := sessions.Open(sessions.Config{Store: memory})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Hour)
		accessTokenOf(t, opened(t, first, "k", sessions.Persistent(d.endpoint(), loginAt(start))))
		if err := first.Close(context.Background()); err != nil {
			t.Fatal(err)
		}

		again := opened(t, manage(t, sessions.Config{Store: memory}), "k", sessions.Persistent(d.endpoint(), loginAt(start)))
		if at := accessTokenOf(t, again); at != "at-1" {
			t.Errorf("token %s, want the stored one", at)
		}
		d.wasAsked(t, 1)
	})
}

func TestNewerLoginForAnOpenSessionTakesItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{}
		mgr := manage(t, sessions.Config{})
		s := opened(t, mgr, "k", sessions.Persistent(d.endpoint(), loginAt(time.Now())))
		accessTokenOf(t, s)
		time.Sleep(time.Minute)
		newer := loginAt(time.Now())
		newer.Access, newer.Refresh = "at-new", "rt-new"
		opened(t, mgr, "k", sessions.Persistent(d.endpoint(), newer))
		synctest.Wait()
		if at := accessTokenOf(t, s); at != "at-new" {
			t.Errorf("token %s, want that of the newer login", at)
		}
	})
}

func TestDeniedRefreshAsksForALoginAndForNothingElse(t *testing.T) {
	d := &desk{instead: func(int) *http.Response { return response(http.StatusBadRequest, `{"error":"invalid_grant"}`) }}
	s := sessionOf(t, sessions.Persistent(d.endpoint(), lapsed()))
	for range 3 {
		_, err := s.AccessToken(t.Context())
		mustBe(t, err, sessions.ErrLoginRequired)
	}
	d.wasAsked(t, 1)
}

func TestStoreStaysTakenUntilTheFirstCloseHasReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{instead: func(int) *http.Response { time.Sleep(5 * time.Second); return nil }}
		memory := store.NewMemory()
		mgr := manage(t, sessions.Config{Store: memory})
		s := opened(t, mgr, "k", sessions.Persistent(d.endpoint(), lapsed()))
		go func() { _, _ = s.AccessToken(context.Background()) }()
		synctest.Wait()
		closed := make(chan error, 1)
		go func() { closed <- mgr.Close(context.Background()) }()
		synctest.Wait() // for the refresh token that is being spent
		if err := mgr.Close(t.Context()); err != nil {
			t.Errorf("a second close: %v", err)
		}
		_, err := sessions.Open(sessions.Config{Store: memory})
		names(t, "Open", err, "Config.Store")
		if err := <-closed; err != nil {
			t.Error(err)
		}

		again := opened(t, manage(t, sessions.Config{Store: memory}), "k", sessions.Persistent(d.endpoint(), lapsed()))
		if at := accessTokenOf(t, again); at != "at-1" {
			t.Errorf("token %s, want the one that was saved on closing", at)
		}
	})
}
