package actor

import (
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"

	engine "github.com/asynkron/protoactor-go/actor"
)

// theEngine is one for the whole process: an actor system costs 2.9 MB and some
// milliseconds, and keeps nothing of a session that has stopped. It is silent; a
// Manager logs for its own sessions.
var theEngine = sync.OnceValue(func() *engine.ActorSystem {
	return engine.NewActorSystem(engine.WithLoggerFactory(func(*engine.ActorSystem) *slog.Logger {
		return slog.New(slog.DiscardHandler)
	}))
})

var spawned atomic.Uint64

// NewName returns a name that is unique for each actor: a message to one that has stopped can then never
// reach another.
func NewName() string { return "holdfast-" + strconv.FormatUint(spawned.Add(1), 10) }

// restartAlways is a supervision strategy without a clock: the engine's own count
// failures in a window of real time and then stop the actor.
type restartAlways struct{}

func (restartAlways) HandleFailure(_ *engine.ActorSystem, s engine.Supervisor, child *engine.PID, _ *engine.RestartStatistics, _, _ any) {
	s.RestartChildren(child)
}
