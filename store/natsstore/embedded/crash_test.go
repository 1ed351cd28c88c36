package embedded_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/store"
	"github.com/holdfast-go/holdfast/store/natsstore"
	"github.com/holdfast-go/holdfast/store/natsstore/embedded"
)

// childDir names the environment variable that makes a process of this test binary a server.
const childDir = "HOLDFAST_TEST_NATS_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		playServer(dir)
		return
	}
	os.Exit(m.Run())
}

// playServer is a server that says where it is, and waits to be killed.
func playServer(dir string) {
	s, err := embedded.Start(embedded.Options{Dir: dir, Listen: "127.0.0.1:0"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.URL())
	_, _ = io.Copy(io.Discard, os.Stdin) // until the parent ends, should it not kill us
	_ = s.Close()
}

// process starts a server in a process of its own, and returns its address, and what
// kills it.
func process(t *testing.T, dir string) (url string, kill func()) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line), func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = in.Close()
	}
}

func TestServerThatIsKilledKeepsWhatItHasAcknowledged(t *testing.T) {
	dir := t.TempDir()
	type written struct{ rev, grave store.Rev }
	acknowledged := map[string]written{}
	for round := range 3 {
		url, kill := process(t, dir)
		s := opens(t, url, natsstore.Options{})
		if !s.Caps().Durable {
			t.Fatal("the server is not Durable")
		}
		for key, was := range acknowledged {
			e, err := s.Load(t.Context(), key, was.rev)
			if err != nil || e.Rev != max(was.rev, was.grave) || e.Gone != (was.grave > 0) {
				t.Errorf("%q, acknowledged as %v, is %v, %v", key, was, e, err)
			}
		}
		for n := range 50 {
			key := fmt.Sprint(round, "-", n)
			was := written{rev: swaps(t, s, key, 0, false)}
			if n%2 == 1 {
				was.grave = swaps(t, s, key, was.rev, true)
			}
			acknowledged[key] = was
		}
		kill()
		_ = s.Close()
	}
}
