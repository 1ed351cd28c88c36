package redisstore

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/holdfast-go/holdfast/store"
	"github.com/holdfast-go/holdfast/store/storetest"
)

func TestRedisKeepsTheContract(t *testing.T) {
	c := server(t)
	storetest.Run(t, func(t *testing.T) storetest.Place {
		prefix, line := place(t, c), storetest.NewLine(t, address)
		return storetest.Place{
			Open: func() (store.Store, error) {
				way := line.Address()
				if line.IsCut() { // a process that has another way to the server
					way = address
				}
				return Open(t.Context(), "redis://"+way, Options{Prefix: prefix})
			},
			Cut: line.Cut,
		}
	})
}

func TestWriteWhoseAnswerIsLostIsOpen(t *testing.T) {
	c := server(t)
	prefix, line := place(t, c), storetest.NewLine(t, address)
	s, err := Open(t.Context(), "redis://"+line.Address(), Options{Prefix: prefix})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	mend := line.Cut()
	ctx, leave := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, leave)
	rev, err := s.Swap(ctx, "k", 0, []byte("value"), false, store.OpID{1})
	if !errors.Is(err, store.ErrUnknown) || !errors.Is(err, context.Canceled) {
		t.Errorf("Swap: %d, %v", rev, err)
	}
	mend()
	landed, err := s.Swap(t.Context(), "k", 0, []byte("value"), false, store.OpID{1})
	if err != nil {
		t.Fatalf("sent again: %v", err)
	}
	if e, err := s.Load(t.Context(), "k", landed); err != nil || e.Rev != landed {
		t.Errorf("loaded %v, %v", e, err)
	}
}

func TestRequestThatWasNotSentIsNotOpen(t *testing.T) {
	c := server(t)
	prefix, line := place(t, c), storetest.NewLine(t, address)
	s, err := Open(t.Context(), "redis://"+line.Address(), Options{Prefix: prefix})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	_ = s.client.Close()
	s.client = redis.NewClient(s.settings) // which has no connection yet
	line.Close()
	if _, err := s.Swap(t.Context(), "k", 0, nil, false, store.OpID{1}); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("Swap: %v", err)
	}
}

func TestRecordsOutliveAStoreThatIsNotDurable(t *testing.T) {
	prefix := place(t, server(t))
	first := opens(t, prefix)
	rev := swaps(t, first, "k", 0, false)
	_ = first.Close()
	if e, err := opens(t, prefix).Load(t.Context(), "k", rev); err != nil || e.Rev != rev {
		t.Errorf("loaded %v, %v", e, err)
	}
}

func TestTombstoneIsForgottenInTimeAndNotBefore(t *testing.T) {
	c := server(t)
	s := opens(t, place(t, c))
	keeps := swaps(t, s, "keeps", 0, true)
	left, err := c.PTTL(t.Context(), s.session("keeps")).Result()
	if err != nil || left > tombstones || left < tombstones-time.Minute {
		t.Errorf("a tombstone is kept for %v, %v", left, err)
	}
	begins := swaps(t, s, "begins again", 0, true)
	grave := swaps(t, s, "forgotten", 0, true)
	swaps(t, s, "comes back", 0, true)
	for _, key := range []string{"begins again", "forgotten", "comes back"} { // a week goes by
		c.PExpireAt(t.Context(), s.session("forgotten"), time.Unix(1, 0))
		c.PExpireAt(t.Context(), s.session("comes back"), time.Unix(1, 0))
		c.ZAdd(t.Context(), s.graves, redis.Z{Score: 1, Member: key})
	}
	swaps(t, s, "begins again", begins, false)
	swaps(t, s, "comes back", 0, false)
	swaps(t, s, "sweeps", 0, true)
	if _, err := s.Load(t.Context(), "forgotten", 0); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Load: %v", err)
	}
	got, err := c.ZRange(t.Context(), s.log, 0, -1).Result()
	if diff := cmp.Diff([]string{"keeps", "begins again", "comes back", "sweeps"}, got); diff != "" || err != nil {
		t.Errorf("%v, the log (-want +got):\n%s", err, diff)
	}
	if left := c.PTTL(t.Context(), s.session("begins again")).Val(); left >= 0 {
		t.Errorf("a record is forgotten in %v", left)
	}
	if rev := swaps(t, s, "forgotten", 0, false); rev <= grave || rev <= keeps {
		t.Errorf("revision %d follows %d", rev, grave)
	}
}

func TestPrefixThatWasLostIsNotWritten(t *testing.T) {
	c := server(t)
	s := opens(t, place(t, c))
	before := swaps(t, s, "k", 0, false)
	c.Del(t.Context(), s.house, s.log, s.session("k"))
	_, err := s.Swap(t.Context(), "k", 0, nil, false, store.OpID{1})
	if !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "open the store again") {
		t.Errorf("Swap: %v", err)
	}
	if err := s.Watch(t.Context(), func(store.Change) {}); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("Watch: %v", err)
	}
	again := opens(t, s.prefix)
	if rev := swaps(t, again, "k", 0, false); rev <= before {
		t.Errorf("revision %d follows %d", rev, before)
	}
}

func TestHouseThatWasLostOrIsOfAnotherFormatIsNotWrittenTo(t *testing.T) {
	c := server(t)
	for name, becomes := range map[string]map[string]string{"lost": {}, "another's": {"format": "3", "rev-3": "7"}} {
		t.Run(name, func(t *testing.T) {
			s := opens(t, place(t, c))
			rev := swaps(t, s, "k", 0, false)
			c.Del(t.Context(), s.house)
			for field, value := range becomes {
				c.HSet(t.Context(), s.house, field, value)
			}
			for key, prev := range map[string]store.Rev{"k": rev, "new": 0} {
				_, err := s.Swap(t.Context(), key, prev, nil, false, store.OpID{1})
				if !errors.Is(err, store.ErrUnavailable) || !errors.Is(err, errLost) {
					t.Errorf("Swap of %q: %v", key, err)
				}
			}
			if diff := cmp.Diff(becomes, c.HGetAll(t.Context(), s.house).Val()); diff != "" {
				t.Errorf("the house (-want +got):\n%s", diff)
			}
		})
	}
}

// A tombstone that the server refuses to tell of is not in the graves: what lives is not
// to be forgotten.
func TestTombstoneThatIsRefusedIsNotForgotten(t *testing.T) {
	c := server(t)
	s := opens(t, place(t, c))
	rev := swaps(t, s, "k", 0, false)
	user := s.prefix
	t.Cleanup(func() { c.Do(context.WithoutCancel(t.Context()), "ACL", "DELUSER", user) })
	if err := c.Do(t.Context(), "ACL", "SETUSER", user, "on", "nopass", "~*", "+@all", "resetchannels").Err(); err != nil {
		t.Fatal(err)
	}
	mute, err := Open(t.Context(), "redis://"+user+":x@"+address, Options{Prefix: s.prefix})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = mute.Close() }()
	if _, err := mute.Swap(t.Context(), "k", rev, nil, true, store.OpID{1}); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("Swap: %v", err)
	}
	if n := c.Exists(t.Context(), s.graves).Val(); n != 0 {
		t.Error("there is a grave")
	}
	if e, err := s.Load(t.Context(), "k", rev); err != nil || e.Gone || e.Rev != rev {
		t.Errorf("loaded %v, %v", e, err)
	}
}

func TestServerThatHasGoneBackEndsAWatch(t *testing.T) {
	c := server(t)
	s := opens(t, place(t, c))
	s.settings.ClientName = s.prefix
	swaps(t, s, "k", 0, false)
	var told []store.ChangeKind
	err := s.Watch(t.Context(), func(change store.Change) {
		if told = append(told, change.Kind); change.Kind == store.Synced {
			c.HSet(t.Context(), s.house, counter, 1)
			drop(t, c, s.prefix)
		}
	})
	if !errors.Is(err, store.ErrUnavailable) || !errors.Is(err, errLost) {
		t.Errorf("Watch: %v", err)
	}
	if diff := cmp.Diff([]store.ChangeKind{store.Synced, store.Gap}, told); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
}

// drop has the server close the connections of those who watch a prefix, which it finds by
// the name that its settings give them.
func drop(t *testing.T, c *redis.Client, name string) {
	t.Helper()
	list, err := c.ClientList(t.Context()).Result()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(list) {
		if strings.Contains(line, " name="+name+" ") && strings.Contains(line, " sub=1 ") {
			c.ClientKillByFilter(t.Context(), "ID", strings.TrimPrefix(strings.Fields(line)[0], "id="))
		}
	}
}

// What was written between the newest revision that a catch-up goes to and its reading
// of the log comes by the channel, with older ones of the same key before it.
func TestCatchUpLeavesWhatIsNewerToTheChannel(t *testing.T) {
	c := server(t)
	s := opens(t, place(t, c))
	first := swaps(t, s, "k", 0, false)
	swaps(t, s, "other", 0, false)
	second := swaps(t, s, "k", first, false)
	c.ZAdd(t.Context(), s.log, redis.Z{Score: float64(first), Member: "k"}) // as it was before the second
	c.HSet(t.Context(), s.house, counter, uint64(second-1))
	var told []string
	w := &watch{s: s, cursor: 1, fn: func(c store.Change) { told = append(told, c.Entry.Key) }}
	if err := w.catchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"other"}, told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

// A server that is reached and says nothing is waited for, but not by Close.
func TestCloseDoesNotWaitForAConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	for _, scheme := range []string{"redis", "rediss"} {
		t.Run(scheme, func(t *testing.T) {
			o, err := redis.ParseURL(scheme + "://" + l.Addr().String() + "?dial_timeout=1h&read_timeout=1h")
			if err != nil {
				t.Fatal(err)
			}
			s := newStore(settings(o), "p")
			loaded, reached := make(chan error, 1), make(chan net.Conn, 1)
			go func() {
				conn, _ := l.Accept()
				reached <- conn
			}()
			go func() {
				_, err := s.Load(t.Context(), "k", 0)
				loaded <- err
			}()
			defer func(c net.Conn) { _ = c.Close() }(<-reached)
			_ = s.Close() // an hour, or nothing
			if err := <-loaded; !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, store.ErrClosed) {
				t.Errorf("Load: %v", err)
			}
		})
	}
}

func TestWatchHasAGapWhenThePingsAreNotAnsweredAndNoneBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mute atomic.Bool
		o := settings(&redis.Options{})
		o.Dialer = pinged(t, &mute)
		s := newStore(o, "p")
		defer func() { _ = s.Close() }()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		var told []string
		begun := time.Now()
		time.AfterFunc(time.Minute-ping/2, func() { mute.Store(true) })
		_ = s.Watch(ctx, func(c store.Change) {
			told = append(told, fmt.Sprint(c.Kind, " after ", time.Since(begun)))
		})
		if diff := cmp.Diff([]string{"synced after 0s", "gap after 1m1s"}, told); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
	})
}

// pinged returns a way to a server of a synctest bubble, which holds nothing and answers
// until it is mute.
func pinged(t *testing.T, mute *atomic.Bool) func(context.Context, string, string) (net.Conn, error) {
	answers := map[string]string{
		"hello": "-ERR unknown command", "client": "+OK", "hmget": "*2\r\n$1\r\n2\r\n$1\r\n1", "ping": "*2\r\n$4\r\npong\r\n$0\r\n",
		"subscribe": "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1",
	}
	var conns sync.WaitGroup
	t.Cleanup(conns.Wait)
	return func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		conns.Go(func() {
			for lines := bufio.NewScanner(far); lines.Scan(); {
				if answer, ok := answers[strings.ToLower(lines.Text())]; ok && !mute.Load() {
					_, _ = fmt.Fprintf(far, "%s\r\n", answer)
				}
			}
		})
		return near, nil
	}
}

func TestManyKeysAreReadPageByPage(t *testing.T) {
	s := opens(t, place(t, server(t)))
	want := map[string]int{}
	for n := range 2*page + 1 {
		want[fmt.Sprint(n)] = 1
		swaps(t, s, fmt.Sprint(n), 0, false)
	}
	told := map[string]int{}
	w := &watch{s: s, cursor: 1, fn: func(c store.Change) { told[c.Entry.Key]++ }}
	if err := w.catchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	listed := map[string]int{}
	for key, err := range s.Keys(t.Context(), time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		listed[key]++
	}
	if diff := cmp.Diff(want, told) + cmp.Diff(want, listed); diff != "" {
		t.Errorf("told and listed (-want +got):\n%s", diff)
	}
}

func TestKeyThatIsTooLongIsRefused(t *testing.T) {
	s := opens(t, place(t, server(t)))
	swaps(t, s, strings.Repeat("k", maxKey), 0, false)
	_, err := s.Swap(t.Context(), strings.Repeat("k", maxKey+1), 0, nil, false, store.OpID{1})
	if !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("Swap: %v", err)
	}
}

func TestErrorsQuoteNoAnswer(t *testing.T) {
	err := failed(fmt.Errorf("redis: can't parse %q", "the access token"))
	if !errors.Is(err, store.ErrUnavailable) || strings.Contains(err.Error(), "access") {
		t.Errorf("error is %v", err)
	}
}
