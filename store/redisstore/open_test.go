package redisstore

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/simulate"
	"github.com/holdfast-go/holdfast/store"
)

// refuses expects Open to fail with an error that has these words and not the password.
func refuses(t *testing.T, url, prefix string, want error, words string) {
	t.Helper()
	s, err := Open(t.Context(), url, Options{Prefix: prefix})
	if err == nil {
		_ = s.Close()
	}
	if !errors.Is(err, want) {
		t.Fatalf("error is %v, want %v", err, want)
	}
	if text := err.Error(); !strings.Contains(text, words) || strings.Contains(text, "hunter2") {
		t.Errorf("the error %q does not say %q, or quotes the password", text, words)
	}
}

func TestURLThatCannotBeReadIsNotQuoted(t *testing.T) {
	for _, url := range []string{
		"redis://gateway:hunter2@redis:port",
		"redis://gateway:hunter2 @redis",
		"redis://gateway:/hunter2@redis",
		"hunter2://redis",
		"redis://redis/0?hunter2=1",
	} {
		refuses(t, url, "", store.ErrUnavailable, "write redis://user:password@host:port/database")
	}
}

func TestServerThatIsNotThereIsNamed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	for _, words := range []string{l.Addr().String(), "see that the server runs there"} {
		refuses(t, "redis://:hunter2@"+l.Addr().String(), "", store.ErrUnavailable, words)
	}
}

// answers returns the address of a server that gives each command this answer.
func answers(t *testing.T, answer string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				for lines := bufio.NewScanner(conn); lines.Scan(); {
					if strings.HasPrefix(lines.Text(), "*") {
						_, _ = fmt.Fprintf(conn, "%s\r\n", answer)
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

func TestServerThatRefusesUsIsUnderstood(t *testing.T) {
	for answer, words := range map[string]string{
		"-WRONGPASS invalid username-password pair or user is disabled.": "look at the user and the password",
		"-NOAUTH Authentication required.":                               "look at the user and the password",
		"-NOPERM User gateway has no permissions to run this":            "give it the keys and the channel",
		"-READONLY You can't write against a read only replica.":         "give the address of the primary",
		"-LOADING Redis is loading the dataset in memory":                "LOADING",
	} {
		refuses(t, "redis://gateway:hunter2@"+answers(t, answer), "", store.ErrUnavailable, words)
	}
}

func TestServerWithAPasswordIsAskedForIt(t *testing.T) {
	c := server(t)
	user := place(t, c)
	c.Do(t.Context(), "ACL", "SETUSER", user, "on", ">hunter2", "~*", "&*", "+@all")
	defer c.Do(t.Context(), "ACL", "DELUSER", user)
	refuses(t, "redis://"+user+":hunter22@"+address, user, store.ErrUnavailable, "look at the user and the password")
	s, err := Open(t.Context(), "redis://"+user+":hunter2@"+address, Options{Prefix: user})
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%v %+v %#v", s, s, s); strings.Contains(text, "hunter2") {
		t.Errorf("the store prints as %s", text)
	}
	_ = s.Close()
}

// A user who may do what a store needs, and nothing else, is enough.
func TestUserOfThePrefixIsEnough(t *testing.T) {
	c := server(t)
	user := place(t, c)
	c.Do(t.Context(), "ACL", "SETUSER", user, "on", ">hunter2", "~{"+user+"}:*", "&{"+user+"}:*",
		"+@read", "+@write", "+@scripting", "+@pubsub", "+@connection", "+time")
	defer c.Do(t.Context(), "ACL", "DELUSER", user)
	s, err := Open(t.Context(), "redis://"+user+":hunter2@"+address, Options{Prefix: user})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	swaps(t, s, "k", swaps(t, s, "k", 0, false), true)
	if s.Caps().Durable {
		t.Error("a server that does not tell is Durable")
	}
}

func TestPrefixThatIsNotOursIsLeftAsItIs(t *testing.T) {
	c := server(t)
	for name, test := range map[string]struct {
		write func(s *Store)
		words string
	}{
		"another program's text":   {func(s *Store) { c.Set(t.Context(), s.house, "notes", 0) }, "another program"},
		"another program's fields": {func(s *Store) { c.HSet(t.Context(), s.house, "rooms", 3) }, "another program"},
		"another program's log":    {func(s *Store) { c.RPush(t.Context(), s.log, "line") }, "another program"},
		"a newer version's": {
			func(s *Store) { c.HSet(t.Context(), s.house, "format", "3", "rev", 7) },
			`is "3" and this program knows "2"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(settings(&redis.Options{Addr: address}), place(t, c))
			defer func() { _ = s.Close() }()
			test.write(s)
			was := dump(t, c, s)
			refuses(t, "redis://"+address, s.prefix, store.ErrForeign, test.words)
			if diff := cmp.Diff(was, dump(t, c, s)); diff != "" {
				t.Errorf("the prefix was changed (-was +is):\n%s", diff)
			}
		})
	}
}

// dump is what is under the keys of a prefix, as the server keeps it.
func dump(t *testing.T, c *redis.Client, s *Store) []string {
	t.Helper()
	var all []string
	for _, key := range []string{s.house, s.log, s.graves, s.session("k")} {
		all = append(all, c.Dump(t.Context(), key).Val())
	}
	return all
}

func TestPrefixHasNoBraces(t *testing.T) {
	for _, prefix := range []string{"{a", "a}b"} {
		if _, err := Open(t.Context(), "redis://"+address, Options{Prefix: prefix}); err == nil {
			t.Errorf("the prefix %q was taken", prefix)
		}
	}
}

func TestRecordThatIsNotOursIsLeftAsItIs(t *testing.T) {
	c := server(t)
	for name, write := range map[string]func(s *Store){
		"a newer version's row":   func(s *Store) { c.Set(t.Context(), s.session("k"), "\x02\x00 whatever a newer version writes", 0) },
		"text":                    func(s *Store) { c.Set(t.Context(), s.session("k"), "notes", 0) },
		"another program's field": func(s *Store) { c.HSet(t.Context(), s.session("k"), "name", "value") },
	} {
		t.Run(name, func(t *testing.T) {
			s := opens(t, place(t, c))
			write(s)
			was := dump(t, c, s)
			if _, err := s.Load(t.Context(), "k", 0); !errors.Is(err, store.ErrForeign) {
				t.Errorf("Load: %v", err)
			}
			if _, err := s.Swap(t.Context(), "k", 0, []byte("ours"), false, store.OpID{1}); !errors.Is(err, store.ErrForeign) {
				t.Errorf("Swap: %v", err)
			}
			if diff := cmp.Diff(was, dump(t, c, s)); diff != "" {
				t.Errorf("the record was changed (-was +is):\n%s", diff)
			}
		})
	}
}

// A process of a newer version has written a record that this one cannot read.
func TestRecordOfANewerVersionIsNamed(t *testing.T) {
	s := opens(t, place(t, server(t)))
	newer := []byte("hfr\x02 whatever a newer version writes")
	if _, err := s.Swap(t.Context(), "k", 0, newer, false, store.OpID{1}); err != nil {
		t.Fatal(err)
	}
	mgr, err := sessions.Open(sessions.Config{Store: s})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = mgr.Close(t.Context()) }()
	login := simulate.NewServer(nil)
	session, err := mgr.Session("k", sessions.Persistent(login.Endpoint(), login.Login("k")))
	if err != nil {
		t.Fatal(err)
	}
	_, err = session.AccessToken(t.Context())
	if !errors.Is(err, sessions.ErrInvalid) || !strings.Contains(err.Error(), "a newer version may have written it") {
		t.Errorf("the error does not say what to do: %v", err)
	}
	if e, err := s.Load(t.Context(), "k", 0); err != nil || string(e.Value) != string(newer) {
		t.Errorf("the record is %v, %v", e, err)
	}
}

func TestServerSaysWhatItPromises(t *testing.T) {
	for _, test := range []struct {
		config  map[string]string
		durable bool
		words   string
	}{
		{nil, false, ""},
		{map[string]string{"appendonly": "yes", "appendfsync": "always"}, true, ""},
		{map[string]string{"appendonly": "yes", "appendfsync": "everysec"}, false, ""},
		{map[string]string{"appendonly": "no", "appendfsync": "always"}, false, ""},
		{map[string]string{"maxmemory": "0", "maxmemory-policy": "allkeys-lru"}, false, ""},
		{map[string]string{"maxmemory": "100", "maxmemory-policy": "noeviction"}, false, ""},
		{map[string]string{"maxmemory": "100", "maxmemory-policy": "allkeys-lru"}, false, "allkeys-lru"},
		{map[string]string{"maxmemory": "100", "maxmemory-policy": "volatile-ttl"}, false, "volatile-ttl"},
	} {
		durable, err := promises(test.config)
		if durable != test.durable || (err != nil) != (test.words != "") {
			t.Errorf("%v promises %v, %v", test.config, durable, err)
		}
		if err != nil && (!errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), test.words)) {
			t.Errorf("the error of %v is %v", test.config, err)
		}
	}
}
