package sessions_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/simulate"
)

// two are processes of a run over one store, with one login.
type two struct {
	*simulate.Sim
	server   *simulate.Server
	one, two *simulate.Process
	kind     sessions.Kind
}

// inTwo plays a story of two processes that share a login of an hour, so long ago.
func inTwo(t *testing.T, ago time.Duration, story func(two), opts ...simulate.ServerOption) {
	t.Helper()
	simulate.Run(t, simulate.Options{Seeds: 20}, func(s *simulate.Sim) {
		srv, shared := s.Server(opts...), s.Store()
		login := srv.Login("alice")
		login.Issued, login.Expiry = login.Issued.Add(-ago), login.Expiry.Add(-ago)
		story(two{
			Sim: s, server: srv, kind: sessions.Persistent(srv.Endpoint(), login),
			one: s.Process("one", sessions.Config{Store: shared}),
			two: s.Process("two", sessions.Config{Store: shared}),
		})
	})
}

// gets asks a process for a token, which must be a good one.
func (w two) gets(ctx context.Context, p *simulate.Process) string {
	session, err := p.Manager().Session("alice", w.kind)
	if err != nil {
		w.Errorf("open: %v", err)
		return ""
	}
	at, err := session.AccessToken(ctx)
	if err != nil || w.server.Valid(at) != nil {
		w.Errorf("a token that is %v, and error %v", w.server.Valid(at), err)
	}
	return at
}

// counts checks how many renewals there have been.
func (w two) counts(renewals int) {
	if got := w.server.Renewals("alice"); got != renewals {
		w.Errorf("%d renewals, want %d", got, renewals)
	}
}

func TestOneOfTwoProcessesRenewsAndTheOtherAdopts(t *testing.T) {
	inTwo(t, 0, func(w two) {
		for generation := range 24 {
			w.counts(generation)
			if w.gets(w.Context(), w.one) != w.gets(w.Context(), w.two) {
				w.Errorf("generation %d: the two have different tokens", generation)
			}
			// Both are asked when the token is stale, and have time to renew.
			time.Sleep(58*time.Minute - 30*time.Second)
			for range 20 { // a stale token elects a caller again after a claim was seen
				w.gets(w.Context(), w.one)
				w.gets(w.Context(), w.two)
				time.Sleep(2 * time.Second)
			}
		}
	})
}

func TestTwoProcessesThatRenewAtOneInstantMintOnce(t *testing.T) {
	inTwo(t, time.Hour, func(w two) {
		for n := range 100 {
			for _, p := range []*simulate.Process{w.one, w.two} {
				p.Go(fmt.Sprint("caller ", n), func(ctx context.Context) { w.gets(ctx, p) })
			}
		}
		time.Sleep(time.Minute)
		w.counts(1)
	})
}

func TestDeadProcessIsTakenOver(t *testing.T) {
	inTwo(t, time.Hour, func(w two) {
		w.one.Go("caller", func(ctx context.Context) { w.gets(ctx, w.one) })
		time.Sleep(time.Duration(w.Rand().IntN(200)) * time.Millisecond) // it has claimed, or sent, or saved
		w.one.Crash()
		begun := time.Now()
		session, err := w.two.Manager().Session("alice", w.kind)
		for err == nil {
			if _, err = session.AccessToken(w.Context()); !errors.Is(err, sessions.ErrUnavailable) {
				break
			}
			err = nil
			time.Sleep(time.Second)
		}
		if took := time.Since(begun); err != nil || took > time.Minute {
			w.Errorf("taken over after %s with error %v", took, err)
		}
	}, simulate.Grace(time.Hour))
}
