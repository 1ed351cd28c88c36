package actor

import (
	"sync"

	engine "github.com/asynkron/protoactor-go/actor"
)

// mailbox is a queue that takes no memory while it is empty: the engine's own
// keeps the space of its longest burst, and a session may have had 10,000
// callers once.
type mailbox struct {
	invoker    engine.MessageInvoker
	dispatcher engine.Dispatcher

	mu        sync.Mutex // guards the fields below
	system    []any
	user      []any
	running   bool
	suspended bool
}

var _ engine.Mailbox = (*mailbox)(nil)

func newMailbox() engine.Mailbox { return &mailbox{} }

func (m *mailbox) RegisterHandlers(i engine.MessageInvoker, d engine.Dispatcher) {
	m.invoker, m.dispatcher = i, d
}

func (m *mailbox) Start() {}

func (m *mailbox) UserMessageCount() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.user)
}

func (m *mailbox) PostUserMessage(msg any) { m.post(&m.user, msg) }

func (m *mailbox) PostSystemMessage(msg any) { m.post(&m.system, msg) }

func (m *mailbox) post(queue *[]any, msg any) {
	m.mu.Lock()
	*queue = append(*queue, msg)
	start := !m.running
	m.running = true
	m.mu.Unlock()
	if start {
		m.dispatcher.Schedule(m.run)
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
		m.dispatcher.Schedule(m.run)
	}
}

// waiting reports whether there is something to handle. With nothing the mailbox rests.
func (m *mailbox) waiting() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.running = len(m.system) > 0 || len(m.user) > 0 && !m.suspended
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
	case len(m.system) > 0:
		return shift(&m.system), true, true
	case len(m.user) > 0 && !m.suspended:
		return shift(&m.user), false, true
	}
	m.running = false
	return nil, false, false
}

// shift removes the first of a queue, and gives its memory back with the last.
func shift(queue *[]any) any {
	q := *queue
	first := q[0]
	q[0] = nil
	if *queue = q[1:]; len(*queue) == 0 {
		*queue = nil
	}
	return first
}
