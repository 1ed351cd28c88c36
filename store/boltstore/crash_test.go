package boltstore_test

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/simulate"
)

var (
	isChild = flag.Bool("crash.child", false, "be the process that is killed")
	rounds  = flag.Int("crash.rounds", 0, "how many times a process is killed; zero: a few dozen")
)

func TestMain(m *testing.M) {
	flag.Parse()
	if *isChild {
		playChild()
	}
	os.Exit(m.Run())
}

// points are where a process is killed: before each leaf of a renewal, somewhere in the
// middle of it, and behind it.
var points = []string{
	"during open",
	"before claim", "during claim", "behind claim",
	"before mint", "during mint", "behind mint",
	"before save", "during save", "behind save",
	"token",
}

// inDoubt are those at which the server may have rotated the pair, and the file does
// not have it yet.
var inDoubt = []string{"during mint", "behind mint", "before save", "during save"}

// tally is what came of the rounds of a crash.
type tally struct {
	rounds, corrupt, lost, doubted, doubts int
}

func (a tally) plus(b tally) tally {
	return tally{a.rounds + b.rounds, a.corrupt + b.corrupt, a.lost + b.lost, a.doubted + b.doubted, a.doubts + b.doubts}
}

// A process is killed wherever it may be in a renewal, and started again over its file:
// the file is whole, and the session goes on with the pair that the server has. Only a
// pair that the server has rotated and the file does not have yet is lost, with an
// honest word, and none is where the server forgives reuse.
func TestKilledProcessLosesNoPair(t *testing.T) {
	n := *rounds
	if n == 0 {
		n = 2 * len(points)
	}
	strict := crashes(t, (n+1)/2, 0)
	forgiving := crashes(t, n/2, 10*time.Minute)
	all := strict.plus(forgiving)
	if all.corrupt+all.lost > 0 {
		t.Errorf("%d files are corrupt, and %d pairs lost", all.corrupt, all.lost)
	}
	if forgiving.doubted > 0 {
		t.Errorf("%d pairs are in doubt where the server forgives reuse", forgiving.doubted)
	}
	if *rounds > 0 {
		fmt.Printf("rounds %d, corrupt %d, lost %d; between the server's rotation and Save %d, of which in doubt %d, with ReuseGrace %d\n",
			all.rounds, all.corrupt, all.lost, all.doubts, strict.doubted, forgiving.doubted)
	}
}

// parent plays the world of the processes that are killed.
type parent struct {
	*testing.T
	clock  *clockutil.Virtual
	server *simulate.Server
	web    *httptest.Server
	order  order
	logins int
	tally  tally
}

// crashes plays rounds against a server that forgives reuse for a while; zero: never.
func crashes(t *testing.T, rounds int, grace time.Duration) tally {
	t.Helper()
	clock := clockutil.NewVirtual(time.Time{})
	server := simulate.NewServer(clock, simulate.Grace(grace))
	web := httptest.NewServer(server)
	defer web.Close()
	p := &parent{T: t, clock: clock, server: server, web: web}
	p.order = order{TokenURL: web.URL + "/token", Grace: grace}
	p.renewsFile()
	for n := range rounds {
		if n%(5*len(points)) == 0 {
			p.renewsFile()
		}
		p.round(points[n%len(points)])
	}
	return p.tally
}

// renewsFile begins a file that is not there yet.
func (p *parent) renewsFile() {
	p.order.File = filepath.Join(p.TempDir(), "sessions.db")
	p.logsIn()
}

// logsIn begins a session.
func (p *parent) logsIn() {
	p.logins++
	p.order.Key = fmt.Sprint("session-", p.logins)
	login := p.server.Login(p.order.Key)
	p.order.Access, p.order.Refresh = login.Access.Reveal(), login.Refresh.Reveal()
	p.order.LoggedIn, p.order.LoginValidFor = login.Issued, login.Expiry
}

// round kills a process at a point, and looks what the next one makes of it.
func (p *parent) round(point string) {
	p.Helper()
	c := p.starts()
	if point == "during open" {
		c.runsTo(point)
	} else {
		c.runsTo("token")
		p.clock.Advance(2 * time.Hour)
		c.says("2h")
		c.runsTo(point)
	}
	c.dies()
	p.tally.rounds++
	p.looksInto(point)
	p.goesOn(point)
}

// looksInto checks the file of a process that was killed.
func (p *parent) looksInto(point string) {
	p.Helper()
	if err := check(p.order.File); err != nil {
		p.tally.corrupt++
		p.Errorf("killed %s, the file is corrupt: %v", point, err)
	}
}

func check(file string) error {
	if info, err := os.Stat(file); err != nil || info.Size() == 0 {
		return nil // it was not made yet
	}
	db, err := bbolt.Open(file, 0o600, &bbolt.Options{Timeout: time.Second, ReadOnly: true, PreLoadFreelist: true})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	return db.View(func(tx *bbolt.Tx) (err error) {
		for found := range tx.Check() {
			err = found
		}
		return err
	})
}

// goesOn starts the process again, which must have a token that the server knows as good.
func (p *parent) goesOn(point string) {
	p.Helper()
	mayBeLost := slices.Contains(inDoubt, point)
	if mayBeLost {
		p.tally.doubts++
	}
	c := p.starts()
	defer c.dies()
	said := c.runsToEnd()
	token, served := strings.CutPrefix(said, "token ")
	switch {
	case served && p.server.Valid(token) == nil:
		return
	case said == "lost" && mayBeLost:
		p.tally.doubted++
	default:
		p.tally.lost++
		p.Errorf("killed %s, the next process says %q", point, said)
	}
	p.logsIn()
}

// process is a child from its parent's side.
type process struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

func (p *parent) starts() *process {
	p.Helper()
	cmd := exec.CommandContext(p.Context(), os.Args[0], "-crash.child")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		p.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		p.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		p.Fatal(err)
	}
	c := &process{t: p.T, cmd: cmd, in: in, out: bufio.NewScanner(out)}
	o := p.order
	o.Now = p.clock.Now()
	text, err := json.Marshal(o)
	if err != nil {
		p.Fatal(err)
	}
	c.says(string(text))
	return c
}

func (c *process) says(line string) {
	c.t.Helper()
	if _, err := fmt.Fprintln(c.in, line); err != nil {
		c.t.Fatalf("the process has ended: %v", err)
	}
}

// hears returns what the process says next.
func (c *process) hears() string {
	c.t.Helper()
	if !c.out.Scan() {
		c.t.Fatalf("the process has ended: %v", c.out.Err())
	}
	return c.out.Text()
}

// runsTo lets the process run until it is at a point, or has a token.
func (c *process) runsTo(point string) {
	c.t.Helper()
	for {
		said := c.hears()
		at, isPoint := strings.CutPrefix(said, "at ")
		switch {
		case at == point, point == "token" && strings.HasPrefix(said, "token "):
			return
		case !isPoint:
			c.t.Fatalf("on its way to %q the process says %q", point, said)
		}
		c.letsGoOn(at)
	}
}

// runsToEnd lets the process run until it has an answer, and returns that.
func (c *process) runsToEnd() string {
	c.t.Helper()
	for {
		said := c.hears()
		at, isPoint := strings.CutPrefix(said, "at ")
		if !isPoint {
			return said
		}
		c.letsGoOn(at)
	}
}

// letsGoOn lets a process go on that waits; during a leaf it does not.
func (c *process) letsGoOn(at string) {
	c.t.Helper()
	if !strings.HasPrefix(at, "during ") {
		c.says("on")
	}
}

// dies kills the process, as kill -9 does, and waits until its lock is gone.
func (c *process) dies() {
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
}
