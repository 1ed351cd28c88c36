package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

func TestErrorsBecomeAnswers(t *testing.T) {
	for _, test := range []struct {
		err        error
		status     int
		cause      cause
		retryAfter string
	}{
		{messages.Later(sessions.ErrUnavailable, 1200*time.Millisecond, nil), 503, unavailable, "2"},
		{sessions.ErrUnavailable, 503, unavailable, ""},
		{messages.Later(sessions.ErrOverloaded, time.Second, nil), 429, overloaded, "1"},
		{sessions.ErrRevoked, 403, revoked, ""},
		{sessions.ErrLoginRequired, 403, loginRequired, ""},
		{sessions.ErrOutcomeUnknown, 403, loginRequired, ""},
		{sessions.ErrNotEstablished, 403, loginRequired, ""},
		{context.DeadlineExceeded, 504, timeout, ""},
		{errTokenRefused, 502, unauthorized, ""},
		{sessions.ErrClosed, 502, failed, ""},
		{errors.New("connection refused"), 502, failed, ""},
	} {
		w := httptest.NewRecorder()
		refuse(w, nil, fmt.Errorf("session %q: %w", "tenant-007", test.err))
		if w.Code != test.status || w.Header().Get(refusalHeader) != string(test.cause) || w.Header().Get("Retry-After") != test.retryAfter {
			t.Errorf("%v: answer is %d with %v, want %d, %s, Retry-After %q",
				test.err, w.Code, w.Header(), test.status, test.cause, test.retryAfter)
		}
	}
}

func TestUnknownTenantIsNotFound(t *testing.T) {
	w := httptest.NewRecorder()
	newGateway(nil, nil).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/nobody/orders", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("answer is %d", w.Code)
	}
}
