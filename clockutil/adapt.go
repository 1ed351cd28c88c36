package clockutil

import "time"

// Adapt makes a [Clock] of another library's clock: of anything that has Now and
// AfterFunc, whatever type of [Timer] its AfterFunc returns. It is meant for
// github.com/benbjohnson/clock, both clock.New() and clock.NewMock():
//
//	mock := clock.NewMock()
//	c := clockutil.Adapt(mock)
//	mock.Add(time.Hour)
//
// The promises of Clock are kept as far as s keeps them. That Mock calls each
// function in a goroutine of its own, in no certain order for one instant, and a
// Stop that races with Add may report true although the function is called. It
// also sleeps a real millisecond for each timer that fires; [Virtual] does not.
func Adapt[T Timer](s source[T]) Clock { return adapted[T]{s} }

// source is a clock whose timers have a type of their own, which keeps it from
// being a Clock.
type source[T Timer] interface {
	Now() time.Time
	AfterFunc(d time.Duration, f func()) T
}

type adapted[T Timer] struct{ source source[T] }

var _ Clock = adapted[Timer]{}

func (a adapted[T]) Now() time.Time { return a.source.Now() }

// AfterFunc never passes on a d below zero: a benbjohnson Mock would go back to
// the instant that has passed in order to make the call.
func (a adapted[T]) AfterFunc(d time.Duration, f func()) Timer {
	return a.source.AfterFunc(max(d, 0), f)
}
