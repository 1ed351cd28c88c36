package main

import (
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast/examples/internal/web"
)

// The headers by which a worker says who it is and what a request is about. No real
// authorization server would want them.
const (
	workerHeader  = "Replicas-Worker"
	sessionHeader = "Replicas-Session"
)

// ledger stands in front of the token endpoint and counts. It is safe for concurrent use.
type ledger struct {
	next http.Handler

	mu    sync.Mutex // guards the fields below
	pages map[string]page
	await chan<- string // is sent the worker of the next request; nil: nobody waits
}

// page is what has been asked for a session.
type page struct {
	requests int
	pairs    int // that were answered
	underWay int
	atOnce   int    // the most that were under way at one moment
	last     string // the worker to which the newest pair was sent
	sent     time.Time
}

func newLedger(next http.Handler) *ledger {
	return &ledger{next: next, pages: map[string]page{}}
}

// ServeHTTP implements http.Handler.
func (l *ledger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	worker, session := r.Header.Get(workerHeader), r.Header.Get(sessionHeader)
	answer := web.NewAnswer(w)
	l.enter(worker, session)
	defer func() { l.leave(worker, session, answer.Status) }()
	l.next.ServeHTTP(answer, r)
}

func (l *ledger) enter(worker, session string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.pages[session]
	p.requests++
	p.underWay++
	p.atOnce = max(p.atOnce, p.underWay)
	l.pages[session] = p
	if l.await != nil {
		l.await <- worker
		l.await = nil
	}
}

func (l *ledger) leave(worker, session string, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.pages[session]
	p.underWay--
	if status == http.StatusOK {
		p.pairs++
		p.last, p.sent = worker, time.Now()
	}
	l.pages[session] = p
}

// nextWorker is sent the name of the worker whose request comes next, when it has come.
func (l *ledger) nextWorker() <-chan string {
	l.mu.Lock()
	defer l.mu.Unlock()
	worker := make(chan string, 1)
	l.await = worker
	return worker
}

// now returns the pages by session.
func (l *ledger) now() map[string]page {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.pages)
}
