package redisstore

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/holdfast-go/holdfast/internal/rewatch"
	"github.com/holdfast-go/holdfast/store/storetest"
)

// ownServer is a Redis of the test's own, which waits for the disk with each write. It listens
// in its folder: another program may take a port before it does.
type ownServer struct {
	t       *testing.T
	dir     string
	running *exec.Cmd
}

func newServer(t *testing.T) *ownServer {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("HOLDFAST_NEED_SERVERS") != "" {
			t.Fatalf("HOLDFAST_NEED_SERVERS is set, and there is no redis-server: %v", err)
		}
		t.Skipf("what a Redis does that is killed is left out: %v", err)
	}
	s := &ownServer{t: t, dir: newFolder(t)}
	s.starts()
	t.Cleanup(s.dies)
	return s
}

// newFolder is one whose name is no longer than that of a socket may be.
func newFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "holdfast-redis-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// starts returns when the server has read what it had written, and takes connections.
func (s *ownServer) starts() {
	s.t.Helper()
	s.running = exec.Command("redis-server", "--port", "0", "--unixsocket", s.socket(), "--dir", s.dir, "--save", "",
		"--appendonly", "yes", "--appendfsync", "always", "--logfile", filepath.Join(s.dir, "log"))
	if err := s.running.Start(); err != nil {
		s.t.Fatal(err)
	}
	c := redis.NewClient(settings(&redis.Options{Network: "unix", Addr: s.socket()}))
	defer func() { _ = c.Close() }()
	err := c.Ping(s.t.Context()).Err()
	for end := time.Now().Add(time.Minute); err != nil && time.Now().Before(end); err = c.Ping(s.t.Context()).Err() {
		rewatch.Wait(s.t.Context(), 10*time.Millisecond) // nobody tells
	}
	if err != nil {
		log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
		s.t.Fatalf("the server does not answer: %v\n%s", err, log)
	}
}

func (s *ownServer) socket() string { return filepath.Join(s.dir, "redis.sock") }

func (s *ownServer) dies() {
	if s.running.Process != nil {
		_ = s.running.Process.Kill()
		_ = s.running.Wait()
	}
}

func TestDurableServerThatIsKilledHasAllThatItHasAcknowledged(t *testing.T) {
	own := newServer(t)
	s, err := Open(t.Context(), "unix://"+own.socket(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if caps := s.Caps(); !caps.Durable || caps.Failover {
		t.Errorf("a server that waits for its disk is %+v", caps)
	}
	storetest.Crash(t, s, func() {
		own.dies()
		own.starts()
	})
}
