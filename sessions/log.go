package sessions

import (
	"context"
	"log/slog"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// logTo returns a subscriber that logs. Events hold no secrets.
func logTo(l *slog.Logger) func(messages.Event) {
	return func(ev messages.Event) {
		level, text, attrs := describe(ev)
		head := ev.Head()
		attrs = append([]slog.Attr{
			slog.String("key", head.Key),
			slog.Uint64("generation", head.Generation),
			slog.Time("at", head.At),
		}, attrs...)
		l.LogAttrs(context.Background(), level, text, attrs...)
	}
}

// describe says what an event is worth in a log.
func describe(ev messages.Event) (slog.Level, string, []slog.Attr) {
	switch ev := ev.(type) {
	case messages.Acquired:
		return slog.LevelDebug, "token acquired", []slog.Attr{expiry(ev.Expiry)}
	case messages.Renewed:
		return slog.LevelDebug, "token renewed", []slog.Attr{expiry(ev.Expiry), slog.Bool("adopted", ev.Adopted)}
	case messages.Failing:
		return slog.LevelWarn, "renewal failed", []slog.Attr{cause(ev.Cause), slog.Time("next_try", ev.NextTry)}
	case messages.Recovered:
		return slog.LevelInfo, "renewal succeeded again", []slog.Attr{slog.Int("failures", ev.Failures)}
	case messages.Denied:
		return slog.LevelError, "grant denied: login required", []slog.Attr{cause(ev.Cause)}
	case messages.Doubted:
		return slog.LevelWarn, "refresh token may be spent", []slog.Attr{cause(ev.Cause)}
	case messages.Revoked:
		return slog.LevelInfo, "session revoked", []slog.Attr{slog.Bool("elsewhere", ev.Elsewhere)}
	case messages.Unsaved:
		return slog.LevelError, "token could not be saved", []slog.Attr{cause(ev.Cause)}
	case messages.Saved:
		return slog.LevelInfo, "token saved after all", nil
	case messages.Rejected:
		return slog.LevelWarn, "token refused by a resource server", []slog.Attr{cause(ev.Cause)}
	case messages.LifetimeMissing:
		return slog.LevelWarn, "answer without expires_in", []slog.Attr{slog.Duration("assumed", ev.Assumed)}
	case messages.Woke:
		return slog.LevelDebug, "session woke", nil
	case messages.Slept:
		return slog.LevelDebug, "session slept", nil
	case messages.Missed:
		return slog.LevelWarn, "events lost", []slog.Attr{slog.Int("n", ev.N)}
	}
	panic("BUG: unknown event")
}

func expiry(t time.Time) slog.Attr { return slog.Time("expiry", t) }

func cause(err error) slog.Attr {
	if err == nil {
		return slog.String("cause", "")
	}
	return slog.String("cause", err.Error())
}
