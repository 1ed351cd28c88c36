package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"github.com/holdfast-go/holdfast/sessions"
)

func TestGatewayGoesOnWithTheTokensThatItHad(t *testing.T) {
	for name, where := range map[string]func(*testing.T, *settings) string{
		"bolt":     inFile,
		"nats":     func(*testing.T, *settings) string { return "nats:" },
		"postgres": inPostgres,
		"redis":    inRedis,
	} {
		t.Run(name, func(t *testing.T) {
			s := kept(t)
			s.store = place(t, where(t, &s))
			s.lifetime = time.Hour
			before := map[string]sessions.Status{}
			tokens := map[string]string{}
			w := opens(t, s)
			for _, who := range w.tenants {
				tokens[who.name] = w.gets(t, who)
			}
			for _, who := range w.tenants {
				if renews(who) {
					w.renews(t, who)
					tokens[who.name] = w.gets(t, who)
				}
				before[who.name] = who.session.Status()
			}
			w.ends(t)

			w = opens(t, s)
			if got := w.resumed; got.goOn < len(w.tenants)-1 || got.revoked+got.loggedIn != 0 {
				t.Errorf("resumed are %+v of %d", got, len(w.tenants))
			}
			for _, who := range w.tenants {
				if at := w.gets(t, who); who.kind.name != "static" && at != tokens[who.name] {
					t.Errorf("%s has another token than before", who.kind.name)
				}
				if got := who.session.Status().Generation; got != before[who.name].Generation {
					t.Errorf("%s is at generation %d, and was at %d", who.kind.name, got, before[who.name].Generation)
				}
			}
			if asked := askedFor(w.services.counts()); asked.requests != 0 {
				t.Errorf("%d tokens were asked for", asked.requests)
			}
			for _, who := range w.tenants {
				if !renews(who) {
					continue
				}
				w.renews(t, who)
				if got, want := who.session.Status().Generation, before[who.name].Generation+1; got != want {
					t.Errorf("%s is renewed to generation %d, want %d", who.kind.name, got, want)
				}
			}
			w.ends(t)
		})
	}
}

func TestWhoWasRevokedStaysRevoked(t *testing.T) {
	s := kept(t)
	w := opens(t, s)
	who := w.victim()
	w.gets(t, who)
	if err := who.session.Revoke(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.ends(t)

	counted := newTally()
	w, err := openWorld(s, counted)
	if err != nil {
		t.Fatal(err)
	}
	defer w.ends(t)
	if w.resumed.revoked != 1 || w.victim().name == who.name {
		t.Errorf("resumed are %+v, and the next victim is %s", w.resumed, w.victim().name)
	}
	again := w.tenants[slices.IndexFunc(w.tenants, func(t *tenant) bool { return t.name == who.name })]
	c := newCaller(w.gateway.URL, again, 0, counted).call()
	counted.add(c)
	if got := counted.now(); c.refused != revoked || len(got.breaches) != 0 {
		t.Errorf("a caller is told %q, breaches are %v", c.refused, got.breaches)
	}
}

func TestWhoseGrantHasEndedLogsInAgain(t *testing.T) {
	s := kept(t)
	s.kinds, s.tenants = tenantKinds[:1], 2
	w := opens(t, s)
	who, other := w.tenants[0], w.tenants[1]
	w.gets(t, other)
	at := w.gets(t, who)
	w.forgets(t, who, at)
	if err := who.session.Reject(t.Context(), at, errTokenRefused); err != nil {
		t.Fatal(err)
	}
	if _, err := who.session.AccessToken(t.Context()); !errors.Is(err, sessions.ErrLoginRequired) {
		t.Errorf("the renewal: %v", err)
	}
	w.renews(t, other)
	w.ends(t)

	w = opens(t, s)
	defer w.ends(t)
	if want := (resumed{goOn: 1, loggedIn: 1}); w.resumed != want {
		t.Errorf("resumed are %+v, want %+v", w.resumed, want)
	}
	for _, who := range w.tenants {
		w.renews(t, who)
		w.gets(t, who)
	}
}

// forgets has the authorization server end a tenant's grant, and tell nobody.
func (w *world) forgets(t *testing.T, who *tenant, accessToken string) {
	t.Helper()
	e := w.services.endpoint(who.name)
	form := url.Values{"token": {accessToken}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.RevokeURL, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(e.ClientID, w.services.clients[who.name].Secret)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("the revocation is answered with %s", resp.Status)
	}
}

// A gateway that is killed in the middle of its run goes on in the next one: whose renewal
// was under way just then may have to log in again, and nobody else.
func TestKilledGatewayGoesOn(t *testing.T) {
	s := kept(t)
	folder := filepath.Dir(s.state)
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMain$")
	child.Env = append(os.Environ(), childOf+"="+folder)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "     2  ") { // the second is over
	}
	if err := child.Process.Kill(); err != nil {
		t.Error(err)
	}
	if err := child.Wait(); err == nil || lines.Err() != nil {
		t.Fatalf("the child has ended by itself, %v", lines.Err())
	}
	s.store = place(t, "bolt:"+filepath.Join(folder, "sessions.db"))
	s.duration, s.faults = time.Second, false
	var said strings.Builder
	if err := run(t.Context(), s, &said); err != nil {
		t.Errorf("%v\n%s", err, said.String())
	}
	if !strings.Contains(said.String(), "sessions of earlier runs go on") {
		t.Errorf("the run is\n%s", said.String())
	}
}

// childOf is set in a process that is to be killed, to the folder that it runs in.
const childOf = "HOLDFAST_GATEWAY_CHILD"

func TestMain(m *testing.M) {
	folder := os.Getenv(childOf)
	if folder == "" {
		os.Exit(m.Run())
	}
	s, err := parse([]string{
		"-duration", "1m", "-callers", "60", "-tenants", "33", "-lifetime", "3s",
		"-store", "bolt:" + filepath.Join(folder, "sessions.db"), "-state", filepath.Join(folder, "world"),
	}, os.Stderr)
	if err == nil {
		err = run(context.Background(), s, os.Stdout)
	}
	_, _ = os.Stderr.WriteString("the child was not killed: " + errText(err) + "\n")
	os.Exit(1)
}

func errText(err error) string {
	if err == nil {
		return "its run is over"
	}
	return err.Error()
}

// renews reports whether a tenant's session can be renewed by what the store has of it.
func renews(t *tenant) bool { return t.kind.name != "static" }

// opens opens a world, which must succeed.
func opens(t *testing.T, s settings) *world {
	t.Helper()
	w, err := openWorld(s, newTally())
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) ends(t *testing.T) {
	t.Helper()
	if err := w.close(); err != nil {
		t.Error(err)
	}
}

// gets returns the tenant's token, which must be good.
func (w *world) gets(t *testing.T, who *tenant) string {
	t.Helper()
	at, err := who.session.AccessToken(t.Context())
	if err != nil {
		t.Fatalf("%s: %v", who.kind.name, err)
	}
	if subject, err := w.services.verify(who.name, at); err != nil || subject == "" {
		t.Errorf("the token of %s is %q's: %v", who.kind.name, subject, err)
	}
	return at
}

func (w *world) renews(t *testing.T, who *tenant) {
	t.Helper()
	if err := who.session.Refresh(t.Context()); err != nil {
		t.Errorf("renew %s: %v", who.kind.name, err)
	}
}

// servers are where the tests expect them.
const (
	postgresAt = "127.0.0.1:5432"
	redisAt    = "127.0.0.1:6379"
)

// needs skips a test where nothing listens, unless the environment wants it.
func needs(t *testing.T, what, address string) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err == nil {
		_ = conn.Close()
		return
	}
	if os.Getenv("HOLDFAST_NEED_SERVERS") != "" {
		t.Fatalf("HOLDFAST_NEED_SERVERS is set, and there is no %s: %v", what, err)
	}
	t.Skipf("a gateway over %s is left out: %v", what, err)
}

const postgresURL = "postgres://postgres@" + postgresAt + "/postgres"

func inFile(_ *testing.T, s *settings) string { return s.store.String() }

// inPostgres gives the world a schema of its own, which goes with the test.
func inPostgres(t *testing.T, s *settings) string {
	t.Helper()
	needs(t, "PostgreSQL", postgresAt)
	s.namespace = "test_" + strings.ToLower(rand.Text())
	t.Cleanup(func() {
		ctx := context.Background() // that of the test is over
		db, err := pgx.Connect(ctx, postgresURL)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close(ctx) }()
		if _, err := db.Exec(ctx, "DROP SCHEMA IF EXISTS "+s.namespace+" CASCADE"); err != nil {
			t.Error(err)
		}
	})
	return postgresURL
}

// inRedis gives it a prefix.
func inRedis(t *testing.T, s *settings) string {
	t.Helper()
	needs(t, "Redis", redisAt)
	s.namespace = "test_" + rand.Text()
	t.Cleanup(func() {
		ctx := context.Background() // that of the test is over
		c := redis.NewClient(&redis.Options{Addr: redisAt})
		defer func() { _ = c.Close() }()
		for keys := c.Scan(ctx, 0, "{"+s.namespace+"}:*", 1000).Iterator(); keys.Next(ctx); {
			c.Del(ctx, keys.Val())
		}
	})
	return "redis://" + redisAt
}
