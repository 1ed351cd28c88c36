package actor

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	engine "github.com/asynkron/protoactor-go/actor"
)

// desk is what a mailbox delivers to, and the dispatcher that runs it: in the test's
// own goroutine, when the test says so.
type desk struct {
	mailbox   engine.Mailbox
	runs      []func()
	got       []string
	onMessage func(msg any) // nil: nothing
}

func newDesk() *desk {
	d := &desk{mailbox: newMailbox()}
	d.mailbox.RegisterHandlers(d, d)
	d.mailbox.Start()
	return d
}

func (d *desk) Schedule(fn func()) { d.runs = append(d.runs, fn) }

func (*desk) Throughput() int { return 3 }

func (d *desk) InvokeUserMessage(msg any) { d.take("user", msg) }

func (d *desk) InvokeSystemMessage(msg any) { d.take("system", msg) }

func (d *desk) EscalateFailure(reason, msg any) {
	d.got = append(d.got, fmt.Sprintf("failure %v of %v", reason, msg))
	d.mailbox.PostSystemMessage(&engine.SuspendMailbox{})
}

func (d *desk) take(kind string, msg any) {
	d.got = append(d.got, fmt.Sprintf("%s %v", kind, msg))
	if d.onMessage != nil {
		d.onMessage(msg)
	}
}

// runsAll runs what the mailbox has scheduled.
func (d *desk) runsAll() {
	for len(d.runs) > 0 {
		run := d.runs[0]
		d.runs = d.runs[1:]
		run()
	}
}

func (d *desk) wants(t *testing.T, want string) {
	t.Helper()
	d.runsAll()
	if got := strings.Join(d.got, "; "); got != want {
		t.Errorf("delivered %q, want %q", got, want)
	}
	d.got = nil
}

func TestMailboxKeepsTheOrder(t *testing.T) {
	d := newDesk()
	for i := range 5 {
		d.mailbox.PostUserMessage(i)
	}
	if n := d.mailbox.UserMessageCount(); n != 5 {
		t.Errorf("%d messages are waiting, want 5", n)
	}
	d.wants(t, "user 0; user 1; user 2; user 3; user 4")
}

func TestMailboxIsScheduledOnceForManyMessages(t *testing.T) {
	d := newDesk()
	for i := range 5 {
		d.mailbox.PostUserMessage(i)
	}
	if len(d.runs) != 1 {
		t.Errorf("scheduled %d times", len(d.runs))
	}
	d.runsAll()
	d.mailbox.PostUserMessage(5)
	if len(d.runs) != 1 {
		t.Errorf("scheduled %d times after it was empty", len(d.runs))
	}
}

func TestSystemMessageOvertakesUserMessages(t *testing.T) {
	d := newDesk()
	d.mailbox.PostUserMessage(1)
	d.mailbox.PostUserMessage(2)
	d.mailbox.PostSystemMessage("stop")
	d.wants(t, "system stop; user 1; user 2")
}

func TestSuspendedMailboxDeliversSystemMessagesOnly(t *testing.T) {
	d := newDesk()
	d.mailbox.PostSystemMessage(&engine.SuspendMailbox{})
	d.mailbox.PostUserMessage(1)
	d.mailbox.PostSystemMessage("watch")
	d.wants(t, "system watch")
	d.mailbox.PostUserMessage(2)
	d.wants(t, "")
	d.mailbox.PostSystemMessage(&engine.ResumeMailbox{})
	d.wants(t, "user 1; user 2")
}

func TestPanicInAHandlerIsReportedAndTheRestWaitsForTheVerdict(t *testing.T) {
	d := newDesk()
	d.onMessage = func(msg any) {
		if msg == "bad" {
			panic("bug")
		}
	}
	d.mailbox.PostUserMessage("good")
	d.mailbox.PostUserMessage("bad")
	d.mailbox.PostUserMessage("next")
	d.wants(t, "user good; user bad; failure bug of bad")
	d.mailbox.PostSystemMessage(&engine.ResumeMailbox{})
	d.wants(t, "user next")
}

func TestMailboxGivesItsMemoryBack(t *testing.T) {
	d := newDesk()
	for i := range 100_000 {
		d.mailbox.PostUserMessage(i)
	}
	d.runsAll()
	if n := cap(d.mailbox.(*mailbox).user.messages); n > 4 {
		t.Errorf("room for %d messages is kept after a burst", n)
	}
}

func TestMessagesPostedWhileOneIsHandledAreDelivered(t *testing.T) {
	d := newDesk()
	d.onMessage = func(msg any) {
		if n, ok := msg.(int); ok && n < 4 {
			d.mailbox.PostUserMessage(n + 1)
		}
	}
	d.mailbox.PostUserMessage(0)
	d.wants(t, "user 0; user 1; user 2; user 3; user 4")
}

// tally counts what one mailbox delivers to it, with goroutines as the dispatcher.
type tally struct {
	group   sync.WaitGroup
	handled int // only the mailbox's run touches it: -race says if two run at once
	last    [8]int
	wrong   bool
}

func (t *tally) Schedule(fn func()) { t.group.Go(fn) }

func (*tally) Throughput() int { return 3 }

func (t *tally) InvokeSystemMessage(any) { t.handled++ }

func (*tally) EscalateFailure(any, any) {}

func (t *tally) InvokeUserMessage(msg any) {
	from := msg.([2]int)
	t.wrong = t.wrong || from[1] != t.last[from[0]]+1
	t.last[from[0]] = from[1]
	t.handled++
}

func TestManySendersLoseNothingAndKeepTheirOrder(t *testing.T) {
	const each = 2_000
	var c tally
	m := newMailbox()
	m.RegisterHandlers(&c, &c)
	var senders sync.WaitGroup
	for sender := range c.last {
		senders.Go(func() {
			for i := range each {
				m.PostUserMessage([2]int{sender, i + 1})
				if i%100 == 0 {
					m.PostSystemMessage("watch")
				}
			}
		})
	}
	senders.Wait()
	c.group.Wait()
	if want := len(c.last) * (each + each/100); c.handled != want || c.wrong {
		t.Errorf("%d messages handled, want %d; out of order: %t", c.handled, want, c.wrong)
	}
}

// Others have their turn after as many messages as the dispatcher allows.
func TestMailboxLetsOthersRunAndGoesOn(t *testing.T) {
	d := newDesk()
	for i := range 5 {
		d.mailbox.PostUserMessage(i)
	}
	d.runs[0]()
	if got, want := strings.Join(d.got, "; "), "user 0; user 1; user 2"; got != want {
		t.Errorf("one turn delivered %q, want %q", got, want)
	}
	if len(d.runs) != 2 {
		t.Fatalf("scheduled %d times, want once more", len(d.runs)-1)
	}
	d.runs, d.got = d.runs[1:], nil
	d.wants(t, "user 3; user 4")
}

func TestMailboxThatIsEmptyAfterItsTurnIsNotScheduled(t *testing.T) {
	d := newDesk()
	for i := range 3 {
		d.mailbox.PostUserMessage(i)
	}
	d.runs[0]()
	if len(d.runs) != 1 {
		t.Errorf("scheduled %d times", len(d.runs))
	}
	d.runs = nil
	d.mailbox.PostUserMessage(3)
	if len(d.runs) != 1 {
		t.Errorf("scheduled %d times for the next message", len(d.runs))
	}
}
