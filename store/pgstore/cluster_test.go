package pgstore_test

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// run runs a program to its end, as the user postgres where the test is root: neither
// PostgreSQL nor PgBouncer runs as root. The error has what it says.
func run(t *testing.T, program string, args ...string) error {
	t.Helper()
	said, err := os.CreateTemp("", "holdfast-pgstore-") // a pipe would be kept open by a server that it starts
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = said.Close()
		_ = os.Remove(said.Name())
	}()
	c := exec.Command(program, args...) // without a context: what ends a server runs when the test's is over
	c.Dir, c.SysProcAttr, c.Stdout, c.Stderr = os.TempDir(), asPostgres(t), said, said
	if err := c.Run(); err != nil {
		text, _ := os.ReadFile(said.Name())
		return fmt.Errorf("%s: %w\n%s", c, err, text)
	}
	return nil
}

// runs runs a program that must succeed.
func runs(t *testing.T, program string, args ...string) {
	t.Helper()
	if err := run(t, program, args...); err != nil {
		t.Fatal(err)
	}
}

func asPostgres(t *testing.T) *syscall.SysProcAttr {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	uid, gid := owner(t)
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

// owner is the user postgres.
func owner(t *testing.T) (uid, gid int) {
	t.Helper()
	u, err := user.Lookup("postgres")
	if err != nil {
		leavesOut(t, "a user postgres, since the test is root", err)
	}
	uid, _ = strconv.Atoi(u.Uid)
	gid, _ = strconv.Atoi(u.Gid)
	return uid, gid
}

// newFolder returns a folder in which the servers of a test may write.
func newFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "holdfast-pgstore-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if os.Getuid() == 0 {
		uid, gid := owner(t)
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// leavesOut skips a test that lacks something, unless the environment wants all.
func leavesOut(t *testing.T, lacks string, err error) {
	t.Helper()
	if os.Getenv("HOLDFAST_NEED_SERVERS") != "" {
		t.Fatalf("HOLDFAST_NEED_SERVERS is set, and there is not %s: %v", lacks, err)
	}
	t.Skipf("left out, since there is not %s: %v", lacks, err)
}

// program returns the path of a program of PostgreSQL, which Debian keeps out of PATH.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(found) == 0 {
		leavesOut(t, name, err)
	}
	return found[len(found)-1]
}

// node is a PostgreSQL server of the test's own, which listens in its folder: another
// program may take a port before it does.
type node struct {
	t   *testing.T
	dir string
}

// newNode returns a server that has not been started.
func newNode(t *testing.T) node {
	t.Helper()
	n := node{t, newFolder(t)}
	runs(t, program(t, "initdb"), "-D", n.data(), "-U", "postgres", "-A", "trust", "--no-sync")
	return n
}

// newPrimary returns a server that acknowledges what a standby has too, and nothing
// before there is one.
func newPrimary(t *testing.T) node {
	t.Helper()
	n := newNode(t)
	n.starts("synchronous_standby_names=*")
	return n
}

// newStandby returns a server that follows another.
func (n node) newStandby() node {
	n.t.Helper()
	s := node{n.t, newFolder(n.t)}
	runs(n.t, program(n.t, "pg_basebackup"), "-D", s.data(), "-h", n.dir, "-U", "postgres", "-R", "-c", "fast", "--no-sync")
	s.starts()
	return s
}

// starts starts the server, and returns when it lets clients in.
func (n node) starts(settings ...string) {
	n.t.Helper()
	options := "-c listen_addresses= -c unix_socket_directories=" + n.dir
	for _, one := range settings {
		options += " -c " + one
	}
	n.t.Cleanup(func() { _ = run(n.t, program(n.t, "pg_ctl"), "stop", "-D", n.data(), "-m", "immediate") }) // it may have ended
	runs(n.t, program(n.t, "pg_ctl"), "start", "-D", n.data(), "-w", "-l", filepath.Join(n.dir, "log"), "-o", options)
}

// dies ends the server with all that it is doing, as if its machine had stopped.
func (n node) dies() {
	n.t.Helper()
	runs(n.t, program(n.t, "pg_ctl"), "stop", "-D", n.data(), "-m", "immediate")
}

// takesOver makes the standby a primary.
func (n node) takesOver() {
	n.t.Helper()
	runs(n.t, program(n.t, "pg_ctl"), "promote", "-D", n.data(), "-w")
}

func (n node) data() string { return filepath.Join(n.dir, "data") }

// reach is a connection string that leads to the one of several servers that takes writes.
func reach(nodes ...node) string {
	dirs := make([]string, len(nodes))
	for i, n := range nodes {
		dirs[i] = n.dir
	}
	return "user=postgres dbname=postgres target_session_attrs=read-write host=" + strings.Join(dirs, ",")
}
