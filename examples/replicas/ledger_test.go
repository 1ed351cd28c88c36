package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// asks sends a request of a worker about a session through a ledger.
func (l *ledger) asks(worker, session string) {
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Header.Set(workerHeader, worker)
	r.Header.Set(sessionHeader, session)
	l.ServeHTTP(httptest.NewRecorder(), r)
}

func TestLedgerCountsBySession(t *testing.T) {
	status := http.StatusOK
	l := newLedger(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	l.asks("one", "a")
	l.asks("two", "a")
	status = http.StatusBadRequest
	l.asks("three", "a")
	l.asks("three", "b")
	want := map[string]page{
		"a": {requests: 3, pairs: 2, atOnce: 1, last: "two"},
		"b": {requests: 1, atOnce: 1},
	}
	if diff := cmp.Diff(want, l.now(), cmp.AllowUnexported(page{}), cmpopts.IgnoreFields(page{}, "sent")); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
}

func TestRequestsAtOnceAreSeen(t *testing.T) {
	for second, want := range map[string]int{"a": 2, "b": 1} {
		l := newLedger(nil)
		within := func() { l.asks("two", second) }
		l.next = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			if once := within; once != nil {
				within = nil
				once()
			}
		})
		l.asks("one", "a")
		l.asks("one", "a")
		if got := l.now()["a"].atOnce; got != want {
			t.Errorf("%s during a: %d at once, want %d", second, got, want)
		}
	}
}

func TestNextWorkerIsToldOnce(t *testing.T) {
	l := newLedger(http.NotFoundHandler())
	l.asks("one", "a")
	next := l.nextWorker()
	l.asks("two", "a")
	l.asks("three", "a")
	if got := <-next; got != "two" {
		t.Errorf("it was %s", got)
	}
}
