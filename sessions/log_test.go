package sessions

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/messages"
)

func TestEachEventHasItsLineInTheLog(t *testing.T) {
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	head := messages.Header{Key: "tenant 42", Generation: 3, At: noon}
	why := messages.Failure{Verdict: messages.Transient, Status: 503, Code: "slow_down", Attempt: 2}
	var log bytes.Buffer
	tell := logTo(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	})))
	for _, ev := range []messages.Event{
		messages.Acquired{Header: head, Expiry: noon.Add(time.Hour)},
		messages.Renewed{Header: head, Expiry: noon.Add(time.Hour)},
		messages.Renewed{Header: head, Expiry: noon.Add(time.Hour), Adopted: true},
		messages.Failing{Header: head, Cause: why, NextTry: noon.Add(time.Minute)},
		messages.Recovered{Header: head, Failures: 4},
		messages.Denied{Header: head, Cause: why},
		messages.Doubted{Header: head, Cause: why},
		messages.Revoked{Header: head},
		messages.Revoked{Header: head, Elsewhere: true},
		messages.Unsaved{Header: head, Cause: why},
		messages.Saved{Header: head},
		messages.Rejected{Header: head, Cause: why},
		messages.Rejected{Header: head},
		messages.LifetimeMissing{Header: head, Assumed: 5 * time.Minute},
		messages.Woke{Header: head},
		messages.Slept{Header: head},
		messages.Missed{Header: messages.Header{At: noon}, N: 17},
	} {
		tell(ev)
	}
	const of = ` key="tenant 42" generation=3 at=2026-01-01T12:00:00.000Z`
	const cause = ` cause="endpoint answered 503 slow_down (attempt 2)"`
	want := "" +
		`level=DEBUG msg="token acquired"` + of + " expiry=2026-01-01T13:00:00.000Z\n" +
		`level=DEBUG msg="token renewed"` + of + " expiry=2026-01-01T13:00:00.000Z adopted=false\n" +
		`level=DEBUG msg="token renewed"` + of + " expiry=2026-01-01T13:00:00.000Z adopted=true\n" +
		`level=WARN msg="renewal failed"` + of + cause + " next_try=2026-01-01T12:01:00.000Z\n" +
		`level=INFO msg="renewal succeeded again"` + of + " failures=4\n" +
		`level=ERROR msg="grant denied: login required"` + of + cause + "\n" +
		`level=WARN msg="refresh token may be spent"` + of + cause + "\n" +
		`level=INFO msg="session revoked"` + of + " elsewhere=false\n" +
		`level=INFO msg="session revoked"` + of + " elsewhere=true\n" +
		`level=ERROR msg="token could not be saved"` + of + cause + "\n" +
		`level=INFO msg="token saved after all"` + of + "\n" +
		`level=WARN msg="token refused by a resource server"` + of + cause + "\n" +
		`level=WARN msg="token refused by a resource server"` + of + ` cause=""` + "\n" +
		`level=WARN msg="answer without expires_in"` + of + " assumed=5m0s\n" +
		`level=DEBUG msg="session woke"` + of + "\n" +
		`level=DEBUG msg="session slept"` + of + "\n" +
		`level=WARN msg="events lost" key="" generation=0 at=2026-01-01T12:00:00.000Z n=17` + "\n"
	if diff := cmp.Diff(want, log.String()); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

func TestLoggerThatIsSlowHoldsNobodyUp(t *testing.T) {
	stuck := &stuckHandler{Handler: slog.DiscardHandler, free: make(chan struct{})}
	m, err := Open(Config{Logger: slog.New(stuck)})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 2 * queueLength {
		m.events.emit(numbered(n))
	}
	close(stuck.free)
	if err := m.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// stuckHandler logs nothing before it is free.
type stuckHandler struct {
	slog.Handler
	free chan struct{}
}

func (h *stuckHandler) Enabled(context.Context, slog.Level) bool { return true }

func (h *stuckHandler) Handle(context.Context, slog.Record) error { <-h.free; return nil }
