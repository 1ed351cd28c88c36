package redisstore

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

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
		if os.Getenv("HOLDFAST_NEED_SERVERS") == "1" {
			t.Fatalf("HOLDFAST_NEED_SERVERS is 1, and there is no redis-server: %v", err)
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
		"--appendonly", "yes", "--appendfsync", "always")
	log, err := s.running.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.running.Start(); err != nil {
		s.t.Fatal(err)
	}
	for lines := bufio.NewScanner(log); lines.Scan(); {
		if strings.Contains(lines.Text(), "ready to accept connections at "+s.socket()) {
			return
		}
	}
	s.t.Fatal("the server has ended")
}

func (s *ownServer) socket() string { return filepath.Join(s.dir, "redis.sock") }

func (s *ownServer) dies() {
	_ = s.running.Process.Kill()
	_ = s.running.Wait()
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
