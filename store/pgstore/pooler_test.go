package pgstore_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/holdfast-go/holdfast/store"
	"github.com/holdfast-go/holdfast/store/pgstore"
)

// newPooler starts a PgBouncer in front of the server, which gives out a connection by
// the transaction, and returns its address.
func newPooler(t *testing.T) string {
	t.Helper()
	needsServer(t)
	bouncer, err := exec.LookPath("pgbouncer")
	if err != nil {
		leavesOut(t, "a PgBouncer", err)
	}
	host, port, _ := net.SplitHostPort(address)
	file := filepath.Join(newFolder(t), "pgbouncer.ini")
	settings := fmt.Sprintf(`
[databases]
postgres = host=%s port=%s user=postgres

[pgbouncer]
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
`, host, port)
	if err := os.WriteFile(file, []byte(settings), 0o644); err != nil {
		t.Fatal(err)
	}
	// It is given the socket as systemd does it: who connects before it runs is heard then.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	socket, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = socket.Close() }()
	c := exec.CommandContext(t.Context(), "sh", "-c", `LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" --quiet "$1"`, bouncer, file)
	c.Dir, c.SysProcAttr, c.ExtraFiles = os.TempDir(), asPostgres(t), []*os.File{socket}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Wait() }) // its context has ended
	return l.Addr().String()
}

func TestPoolerKeepsTheContract(t *testing.T) {
	pooler := newPooler(t)
	keepsTheContract(t, pooler, pgstore.Options{Pooled: true})
}

// Statements that were prepared in one connection are asked of another, and a notification
// that is waited for goes to nobody, unless the store does without.
func TestPoolerIsFoundOut(t *testing.T) {
	s := opens(t, newPooler(t), pgstore.Options{Schema: newTables(t)})
	w := watches(t, s)
	last := make([]store.Rev, 8)
	var writers sync.WaitGroup
	for n := range last { // they share four connections
		writers.Go(func() {
			for i := range 100 {
				rev, err := s.Swap(t.Context(), fmt.Sprint("k", n), last[n], nil, false, store.OpID{1, byte(n), byte(i)})
				if err != nil {
					t.Errorf("write %d of %d: %v", i, n, err)
					return
				}
				last[n] = rev
			}
		})
	}
	writers.Wait()
	left := map[string]store.Rev{}
	for n, rev := range last {
		left[fmt.Sprint("k", n)] = rev
	}
	w.seesAll(left)
}
