package actor

import (
	"sync"

	engine "github.com/asynkron/protoactor-go/actor"
)

// mailbox is a queue that takes little memory while it is empty: the engine's own
// keeps the space of its longest burst, and a session may have had 10,000
// callers once.
type mailbox struct {
	invoker    engine.MessageInvoker
	dispatcher engine.Dispatcher
	handle     func() // run, as the dispatcher takes it

	mu        sync.Mutex // guards the fields below
	system    backlog
	user      backlog
	running   bool
	suspended bool
}

var _ engine.Mailbox = (*mailbox)(nil)

func newMailbox() engine.Mailbox { return &mailbox{} }

func (m *mailbox) RegisterHandlers(i engine.MessageInvoker, d engine.Dispatcher) {
	m.invoker, m.dispatcher, m.handle = i, d, m.run
}

func (m *mailbox) Start() {}

func (m *mailbox) UserMessageCount() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.user.length()
}

func (m *mailbox) PostUserMessage(msg any) { m.post(&m.user, msg) }

func (m *mailbox) PostSystemMessage(msg any) { m.post(&m.system, msg) }

func (m *mailbox) post(q *backlog, msg any) {
	m.mu.Lock()
	q.add(msg)
	start := !m.running
	m.running = true
	m.mu.Unlock()
	if start {
		m.dispatcher.Schedule(m.handle)
	}
}

// run handles messages until there are none, or others are to have their turn. A
// message whose handling panics is reported to the supervisor, and run goes on with the
// system messages: the supervisor's verdict is one of them.
func (m *mailbox) run() {
	for range m.dispatcher.Throughput() {
		if !m.handleNext() {
			return
		}
	}
	if m.waiting() {
		m.dispatcher.Schedule(m.handle)
	}
}

// waiting reports whether there is something to handle. With nothing the mailbox rests.
func (m *mailbox) waiting() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.running = m.system.length() > 0 || m.user.length() > 0 && !m.suspended
	return m.running
}

// handleNext handles one message, and reports false when there is none.
func (m *mailbox) handleNext() (handled bool) {
	msg, system, ok := m.take()
	if !ok {
		return false
	}
	defer func() {
		if r := recover(); r != nil {
			handled = true
			m.invoker.EscalateFailure(r, msg)
		}
	}()
	switch {
	case !system:
		m.invoker.InvokeUserMessage(msg)
	case !m.controls(msg):
		m.invoker.InvokeSystemMessage(msg)
	}
	return true
}

// controls handles the messages that are the mailbox's own.
func (m *mailbox) controls(msg any) bool {
	switch msg.(type) {
	case *engine.SuspendMailbox:
		m.suspend(true)
	case *engine.ResumeMailbox:
		m.suspend(false)
	default:
		return false
	}
	return true
}

func (m *mailbox) suspend(on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.suspended = on
}

// take removes the next message: system messages overtake the others, which
// wait while the mailbox is suspended. With none left the mailbox rests.
func (m *mailbox) take() (msg any, system, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.system.length() > 0:
		return m.system.shift(), true, true
	case m.user.length() > 0 && !m.suspended:
		return m.user.shift(), false, true
	}
	m.running = false
	return nil, false, false
}

// backlog are messages in their order. It has room for a few of its own, and gives back
// the memory that more of them have taken with the last of them.
type backlog struct {
	messages []any
	room     [4]any
}

func (q *backlog) add(msg any) {
	if q.messages == nil {
		q.messages = q.room[:0]
	}
	q.messages = append(q.messages, msg)
}

func (q *backlog) length() int { return len(q.messages) }

// shift removes the first message.
func (q *backlog) shift() any {
	first := q.messages[0]
	q.messages[0] = nil
	if q.messages = q.messages[1:]; len(q.messages) == 0 {
		q.messages = q.room[:0]
	}
	return first
}
