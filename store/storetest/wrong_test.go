package storetest

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/internal/record"
	"github.com/holdfast-go/holdfast/store"
)

// wrong is a store that breaks rules of the contract, in those of its methods that are not
// nil. The others are those of memory.
type wrong struct {
	*store.SharedMemory
	caps  store.Caps
	cable cable
	load  func(key string, min store.Rev) (store.Entry, error)
	swap  func(ctx context.Context, w write) (store.Rev, error)
	watch func(ctx context.Context, fn func(store.Change)) error
	keys  func(ctx context.Context, due time.Time) iter.Seq2[string, error]
	close func() error
}

func (s *wrong) Caps() store.Caps { return s.caps }

func (s *wrong) Load(ctx context.Context, key string, min store.Rev) (store.Entry, error) {
	if s.load != nil {
		return s.load(key, min)
	}
	return s.SharedMemory.Load(ctx, key, min)
}

func (s *wrong) Swap(
	ctx context.Context, key string, prev store.Rev, value []byte, gone bool, op store.OpID,
) (store.Rev, error) {
	if s.swap != nil {
		return s.swap(ctx, write{key, prev, value, gone, op})
	}
	rev, err := s.SharedMemory.Swap(ctx, key, prev, value, gone, op)
	s.cable.wrote(s.newest(key))
	return rev, err
}

func (s *wrong) Watch(ctx context.Context, fn func(store.Change)) error {
	if s.watch != nil {
		return s.watch(ctx, fn)
	}
	return s.SharedMemory.Watch(ctx, fn)
}

func (s *wrong) Keys(ctx context.Context, due time.Time) iter.Seq2[string, error] {
	if s.keys != nil {
		return s.keys(ctx, due)
	}
	return s.SharedMemory.Keys(ctx, due)
}

func (s *wrong) Close() error {
	if s.close != nil {
		return s.close()
	}
	return s.SharedMemory.Close()
}

// newest is the record of a key; zero: there is none.
func (s *wrong) newest(key string) store.Entry {
	e, _ := s.SharedMemory.Load(context.Background(), key, 0)
	return e
}

// lands writes whatever the revision is.
func (s *wrong) lands(w write) (store.Rev, error) {
	w.prev = s.newest(w.key).Rev
	return w.send(context.Background(), s.SharedMemory)
}

// without is Watch that does not tell of some changes.
func (s *wrong) without(untold func(store.Change) bool) func(context.Context, func(store.Change)) error {
	return func(ctx context.Context, fn func(store.Change)) error {
		return s.SharedMemory.Watch(ctx, func(c store.Change) {
			if !untold(c) {
				fn(c)
			}
		})
	}
}

func isTombstone(c store.Change) bool { return c.Entry.Gone }

func isClaim(c store.Change) bool { return claims(c.Entry.Value) }

// claims reports whether a value is a record that shows a claim.
func claims(value []byte) bool {
	r, err := record.Decode(value)
	return err == nil && r.Claim.Owner != ""
}

// wrongs has a store for each rule that breaks it, as stores do.
var wrongs = map[string]func(*wrong){
	"LoadReturnsWhatWasSwapped": func(s *wrong) {
		s.load = func(key string, _ store.Rev) (store.Entry, error) {
			e := s.newest(key)
			e.Op = store.OpID{}
			return e, nil
		}
	},
	"LoadOfNothingFindsNothing": func(s *wrong) {
		s.load = func(key string, _ store.Rev) (store.Entry, error) { return s.newest(key), nil }
	},
	"LoadNeverGoesBack": func(s *wrong) { // a replica that lags behind
		old := map[string]store.Entry{}
		s.load = func(key string, _ store.Rev) (store.Entry, error) {
			e, ok := old[key]
			if !ok {
				e = s.newest(key)
			}
			old[key] = s.newest(key)
			return e, nil
		}
	},
	"SwapLandsOnlyOnItsRevision": func(s *wrong) { // a tombstone is taken for nothing
		s.swap = func(ctx context.Context, w write) (store.Rev, error) {
			if e := s.newest(w.key); e.Gone && w.prev == 0 {
				w.prev = e.Rev
			}
			return w.send(ctx, s.SharedMemory)
		}
	},
	"OneOfManyWritersWins": func(s *wrong) { // compares, and then swaps
		s.swap = func(_ context.Context, w write) (store.Rev, error) {
			if s.newest(w.key).Rev != w.prev {
				return 0, store.ErrConflict
			}
			runtime.Gosched()
			return s.lands(w)
		}
	},
	"KeysAreIndependent": func(s *wrong) { // its keys know no letter case
		s.swap = func(ctx context.Context, w write) (store.Rev, error) {
			w.key = strings.ToLower(w.key)
			return w.send(ctx, s.SharedMemory)
		}
		s.load = func(key string, _ store.Rev) (store.Entry, error) {
			e := s.newest(strings.ToLower(key))
			e.Key = key
			return e, nil
		}
	},
	"RevisionsOnlyGrow": func(s *wrong) { // and begin anew behind a tombstone
		s.swap = func(ctx context.Context, w write) (store.Rev, error) {
			if !s.newest(w.key).Gone {
				return w.send(ctx, s.SharedMemory)
			}
			return 1, nil
		}
	},
	"ResendAfterSuccessAnswersTheLanding": withoutOps,
	"LostAnswerIsFoundBySendingAgain":     withoutOps,
	"ResendAfterOverwriteChangesNothing":  doneAgain,
	"ResendAfterConflictConflicts":        doneAgain,
	"LateWriteLandsOnlyOnItsRevision":     blind,
	"ZeroOpIsNeverRecognised": func(s *wrong) {
		s.swap = func(ctx context.Context, w write) (store.Rev, error) {
			if e := s.newest(w.key); e.Op == w.op {
				return e.Rev, nil
			}
			return w.send(ctx, s.SharedMemory)
		}
	},
	"ValuesAreCopies": func(s *wrong) {
		cache := map[string]store.Entry{}
		s.load = func(key string, _ store.Rev) (store.Entry, error) {
			if _, ok := cache[key]; !ok {
				cache[key] = s.newest(key)
			}
			return cache[key], nil
		}
	},
	"EndedContextWritesNothing": func(s *wrong) {
		s.swap = func(ctx context.Context, w write) (store.Rev, error) {
			_, _ = w.send(context.WithoutCancel(ctx), s.SharedMemory)
			return 0, fmt.Errorf("%w: %w", store.ErrUnavailable, ctx.Err())
		}
	},
	"WatchBeginsWithSynced": func(s *wrong) {
		s.watch = func(ctx context.Context, fn func(store.Change)) error {
			fn(store.Change{Kind: store.Changed, Entry: s.newest("before")})
			return s.SharedMemory.Watch(ctx, fn)
		}
	},
	"WatchTellsEveryKeysNewestState": func(s *wrong) { s.watch = s.without(isTombstone) },
	"NothingIsMissedBetweenLoadAndWatch": func(s *wrong) { // it is synced before it listens
		s.watch = func(ctx context.Context, fn func(store.Change)) error {
			fn(store.Change{Kind: store.Synced})
			for s.newest("end").Rev == 0 {
				runtime.Gosched()
			}
			return s.without(func(c store.Change) bool { return c.Kind == store.Synced })(ctx, fn)
		}
	},
	"SlowWatcherHoldsUpNobody": func(s *wrong) { // fn is called by the writer
		var told func(store.Change)
		s.watch = func(ctx context.Context, fn func(store.Change)) error {
			told = fn
			fn(store.Change{Kind: store.Synced})
			<-ctx.Done()
			return ctx.Err()
		}
		s.swap = func(ctx context.Context, w write) (store.Rev, error) {
			rev, err := w.send(ctx, s.SharedMemory)
			heard := make(chan struct{})
			go func() {
				told(store.Change{Kind: store.Changed, Entry: s.newest(w.key)})
				close(heard)
			}()
			select {
			case <-heard:
				return rev, err
			case <-time.After(10 * time.Millisecond):
				return 0, store.ErrUnknown
			}
		}
	},
	"WatcherMayCallTheStore": func(s *wrong) { // the writer's lock is held while fn runs
		var inside atomic.Bool
		s.watch = func(ctx context.Context, fn func(store.Change)) error {
			return s.SharedMemory.Watch(ctx, func(c store.Change) {
				inside.Store(true)
				defer inside.Store(false)
				fn(c)
			})
		}
		s.load = func(key string, _ store.Rev) (store.Entry, error) {
			if inside.Load() {
				_ = s.SharedMemory.Close() // or it would wait for ever
				return store.Entry{}, store.ErrUnavailable
			}
			return s.newest(key), nil
		}
	},
	"WatchEndsWithItsContext": func(s *wrong) {
		s.watch = func(ctx context.Context, fn func(store.Change)) error {
			_ = s.SharedMemory.Watch(ctx, fn)
			return nil
		}
	},
	"WatchEndsWithTheStore": func(s *wrong) {
		s.watch = func(ctx context.Context, fn func(store.Change)) error {
			_ = s.SharedMemory.Watch(ctx, fn)
			return store.ErrUnavailable
		}
	},
	"ClosedStoreAnswersClosed": func(s *wrong) {
		var once sync.Once
		s.close = func() (err error) {
			err = store.ErrClosed
			once.Do(func() { err = s.SharedMemory.Close() })
			return err
		}
	},
	"CloseDuringEverything": func(s *wrong) {
		s.load = func(key string, _ store.Rev) (store.Entry, error) {
			e, err := s.SharedMemory.Load(context.Background(), key, 0)
			if err == store.ErrClosed { //nolint:errorlint // it is the one
				return e, context.Canceled
			}
			return e, err
		}
	},
	"GapIsToldInTime": func(s *wrong) {
		s.watch = s.cable.watch(s.SharedMemory.Watch)
		s.cable.forgets = true
	},
	"MissingRecordIsNeverRecentEnough": func(s *wrong) {
		s.load = func(string, store.Rev) (store.Entry, error) { return store.Entry{}, store.ErrNotFound }
	},
	"RecordsOutliveTheStore": func(s *wrong) { s.caps.Durable = true },
	"OthersWritesAreSeen":    func(s *wrong) { s.watch = s.without(isTombstone) },
	"LongestValueIsTaken":    func(s *wrong) { s.caps.MaxValue = 1000 },
	"KeysListsWhatIsLiveAndDue": func(s *wrong) {
		s.keys = func(ctx context.Context, _ time.Time) iter.Seq2[string, error] {
			return s.SharedMemory.Keys(ctx, time.Time{})
		}
	},
	"KeysGoesOnAfterAForeignRecord": func(s *wrong) {
		s.keys = func(ctx context.Context, due time.Time) iter.Seq2[string, error] {
			return func(yield func(string, error) bool) {
				for k, err := range s.SharedMemory.Keys(ctx, due) {
					if err != nil || !yield(k, nil) {
						return
					}
				}
			}
		}
	},
	"KeysEndsWithLoopContextAndStore": func(s *wrong) {
		s.keys = func(ctx context.Context, due time.Time) iter.Seq2[string, error] {
			return s.SharedMemory.Keys(context.WithoutCancel(ctx), due)
		}
	},
	"StoreBelongsToOneManagerAtATime": func(s *wrong) { s.caps.Shared = false },

	// The claims are built on Load and Swap, and fall with them.
	"OneOfTwoClaims":          blind,
	"PausedOwnerLosesNoToken": blind,
	"DeadOwnerIsTakenOver":    forgetful,
	"DeadOwnerIsTakenOverAfterARestart": func(s *wrong) {
		s.caps.Durable, s.caps.Shared = true, false
		s.close = func() error { return nil } // of memory that outlives it
		forgetful(s)
	},
	"TakeoverIsLateWhereATokenCanBeUsedOnce": forgetful,
	"TakeoverIsEarlyWhereReuseIsForgiven":    func(s *wrong) { s.watch = s.without(isClaim) },
	"DoubtIsHandedOver":                      forgetful,
	"SaveWhoseAnswerWasLostIsClosed":         busy,
	"TombstoneOutlivesALateSave":             blind,
}

// withoutOps does not know an operation again.
func withoutOps(s *wrong) {
	s.swap = func(ctx context.Context, w write) (store.Rev, error) {
		if e := s.newest(w.key); e.Rev != w.prev {
			return 0, store.ErrConflict
		}
		return w.send(ctx, s.SharedMemory)
	}
}

// busy does not say what has become of an operation that is sent again.
func busy(s *wrong) {
	s.swap = func(ctx context.Context, w write) (store.Rev, error) {
		if s.newest(w.key).Op == w.op {
			return 0, store.ErrUnknown
		}
		return w.send(ctx, s.SharedMemory)
	}
}

// doneAgain writes an operation whenever it is sent, once it has seen it.
func doneAgain(s *wrong) {
	seen := map[store.OpID]bool{}
	s.swap = func(ctx context.Context, w write) (store.Rev, error) {
		if seen[w.op] {
			return s.lands(w)
		}
		seen[w.op] = true
		return w.send(ctx, s.SharedMemory)
	}
}

// blind writes whatever the revision is.
func blind(s *wrong) {
	s.swap = func(_ context.Context, w write) (store.Rev, error) { return s.lands(w) }
}

// forgetful acknowledges claims and does not write them.
func forgetful(s *wrong) {
	s.swap = func(ctx context.Context, w write) (store.Rev, error) {
		if claims(w.value) {
			return w.prev + 1, nil
		}
		return w.send(ctx, s.SharedMemory)
	}
}

// recorder is a test that may fail, and remembers what was said of it.
type recorder struct {
	testing.TB
	mu   sync.Mutex // guards said
	said []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.said = append(r.said, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

func (r *recorder) Skip(...any) {
	r.Errorf("skipped")
	runtime.Goexit()
}

func (r *recorder) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.said) > 0
}

// judges has a store tried for one rule, and returns what was said of it.
func judges(t *testing.T, r rule, breaks func(*wrong)) []string {
	t.Helper()
	s := &wrong{SharedMemory: store.NewSharedMemory(), caps: store.Caps{Shared: true}}
	breaks(s)
	place := Place{Open: func() (store.Store, error) { return s, nil }, Cut: s.cable.cut}
	said := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.holds(said, place, 100*time.Millisecond)
	}()
	<-done
	return said.said
}

func TestEachRuleCatchesAStoreThatBreaksIt(t *testing.T) {
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			breaks, ok := wrongs[r.name]
			if !ok {
				t.Fatal("no store breaks the rule")
			}
			said := strings.Join(judges(t, r, breaks), "\n")
			if !strings.Contains(said, "The rule: "+r.says) {
				t.Errorf("of a store that breaks the rule it is said: %q", said)
			}
		})
	}
}

func TestStoreThatLeavesAGoroutineIsCaught(t *testing.T) {
	over := make(chan struct{})
	defer close(over)
	said := judges(t, rules[0], func(s *wrong) {
		s.close = func() error {
			for range 100 { // more than those of the tests before that are about to end
				go func() { <-over }()
			}
			return s.SharedMemory.Close()
		}
	})
	if len(said) != 1 || !strings.Contains(said[0], "ends every goroutine of the store") {
		t.Errorf("it is said: %q", said)
	}
}

func TestStoreThatCanBeCutOffKeepsTheContract(t *testing.T) {
	Run(t, func(*testing.T) Place {
		s := &wrong{SharedMemory: store.NewSharedMemory(), caps: store.Caps{Shared: true}}
		s.watch = s.cable.watch(s.SharedMemory.Watch)
		return Place{Open: func() (store.Store, error) { return s, nil }, Cut: s.cable.cut}
	})
}

func TestCrashCatchesAStoreThatLosesAWrite(t *testing.T) {
	s := &wrong{SharedMemory: store.NewSharedMemory()}
	var phase atomic.Int32
	lost := make(chan struct{})
	var once sync.Once
	s.swap = func(ctx context.Context, w write) (store.Rev, error) {
		if phase.Load() != 1 {
			return w.send(ctx, s.SharedMemory)
		}
		err := store.ErrUnavailable
		once.Do(func() { // acknowledged, and not on the disk yet
			err = nil
			close(lost)
		})
		return w.prev + 1, err
	}
	said := &recorder{TB: t}
	tr := &trial{TB: said, rule: "this one", store: s, patience: 10 * time.Second}
	tr.outlives(func() {
		phase.Store(1)
		<-lost
		phase.Store(2)
	})
	if len(said.said) != 1 || !strings.Contains(said.said[0], "was acknowledged, and is gone") {
		t.Errorf("said %q", said.said)
	}
}
