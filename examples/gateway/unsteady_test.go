package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/conformance/authserver"
)

func TestFakesFareLikeTheAuthorizationServer(t *testing.T) {
	status := http.StatusOK
	u := newUnsteady(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		_, _ = io.Copy(w, r.Body)
	}))
	asks := func(want int, body string) {
		t.Helper()
		w := httptest.NewRecorder()
		u.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/token", strings.NewReader("question")))
		if got := strings.TrimSpace(w.Body.String()); w.Code != want || got != body {
			t.Errorf("answer is %d %q, want %d %q", w.Code, got, want, body)
		}
	}
	asks(http.StatusOK, "question")
	status = http.StatusBadRequest
	asks(http.StatusBadRequest, "question")
	u.setFaults(authserver.Faults{Fail: authserver.All})
	asks(http.StatusServiceUnavailable, "out of order")
	u.setFaults(authserver.Faults{})
	status = http.StatusOK
	asks(http.StatusOK, "question")
	want := authserver.Tally{Issued: 2, Denied: map[string]int{"Bad Request": 1}, Failed: 1, MostAtOnce: 1}
	if diff := cmp.Diff(want, u.counts()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestRequestsOfOneSessionAtOnceAreSeen(t *testing.T) {
	for second, want := range map[string]int{"refresh token 1": 2, "refresh token 2": 1} {
		u := newUnsteady(nil)
		asks := func(body string) {
			u.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/token", strings.NewReader(body)))
		}
		within := func() { asks(second) }
		u.next = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			if within != nil {
				first := within
				within = nil
				first()
			}
		})
		asks("refresh token 1")
		asks("refresh token 1")
		if got := u.counts().MostAtOnce; got != want {
			t.Errorf("%s during refresh token 1: %d at once, want %d", second, got, want)
		}
	}
}
