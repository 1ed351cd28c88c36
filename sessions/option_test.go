package sessions_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

// names checks that err is ErrInvalid, says which field is wrong, and repeats
// nothing secret.
func names(t *testing.T, what string, err error, field string) {
	t.Helper()
	switch {
	case !errors.Is(err, sessions.ErrInvalid):
		t.Errorf("%s: error is %v, want ErrInvalid", what, err)
	case !strings.Contains(err.Error(), ": "+field+" "):
		t.Errorf("%s: %q does not name %s", what, err, field)
	case strings.Contains(err.Error(), "hunter2"):
		t.Errorf("%s: %q repeats a secret", what, err)
	}
}

func TestWrongOptionsNameThemselvesAndSendNothing(t *testing.T) {
	ctx := t.Context()
	noIP, badMin := sessions.ClientIP(netip.Addr{}), sessions.MinValidity(-1)
	someIP, someMin := sessions.ClientIP(netip.IPv4Unspecified()), sessions.MinValidity(time.Second)
	for name, test := range map[string]struct {
		opts  []sessions.Option
		field string
	}{
		"no address":                  {[]sessions.Option{noIP}, "ClientIP"},
		"negative":                    {[]sessions.Option{badMin}, "MinValidity"},
		"nil":                         {[]sessions.Option{nil}, "Option"},
		"a right one before":          {[]sessions.Option{someIP, badMin}, "MinValidity"},
		"a right one after":           {[]sessions.Option{noIP, someIP}, "ClientIP"},
		"right ones before and after": {[]sessions.Option{someMin, noIP, someMin}, "ClientIP"},
	} {
		d := &desk{}
		s := sessionOf(t, sessions.Anonymous(d.endpoint()))
		_, err := s.AccessToken(ctx, test.opts...)
		names(t, name+": AccessToken", err, test.field)
		_, err = s.Token(ctx, test.opts...)
		names(t, name+": Token", err, test.field)
		req := requestTo(t, "GET", "https://api.example/", nil)
		names(t, name+": Authorize", s.Authorize(req, test.opts...), test.field)
		if len(req.Header) != 0 {
			t.Errorf("%s: the request has a header", name)
		}
		names(t, name+": Refresh", s.Refresh(ctx, test.opts...), test.field)
		d.wasAsked(t, 0)
	}
}

func TestCallsWithoutATokenInReturnTakeClientIPAlone(t *testing.T) {
	ctx := t.Context()
	for name, opt := range map[string]sessions.Option{
		"MinValidity": sessions.MinValidity(time.Second),
		"ClientIP":    sessions.ClientIP(netip.Addr{}),
		"Option":      nil,
	} {
		d := &desk{}
		s := sessionOf(t, sessions.Anonymous(d.endpoint()))
		at := accessTokenOf(t, s)
		names(t, "Revoke", s.Revoke(ctx, opt), name)
		names(t, "Reject", s.Reject(ctx, at, nil, opt), name)
		if again := accessTokenOf(t, s); again != at {
			t.Errorf("%s: token %s, want %s still", name, again, at)
		}
		d.wasAsked(t, 1)
	}
}

func TestOptionsOfExchangeAreCheckedFirst(t *testing.T) {
	d := &desk{}
	s := sessionOf(t, sessions.Anonymous(d.endpoint()))
	_, err := s.Exchange(t.Context(), messages.Exchange{}, sessions.MinValidity(time.Second))
	names(t, "Exchange", err, "MinValidity")
	_, err = s.Exchange(t.Context(), messages.Exchange{}, sessions.ClientIP(netip.Addr{}))
	names(t, "Exchange", err, "ClientIP")
	d.wasAsked(t, 0)
}

func TestRejectOfNoTokenNamesTheArgument(t *testing.T) {
	d := &desk{}
	s := sessionOf(t, sessions.Anonymous(d.endpoint()))
	names(t, "Reject", s.Reject(t.Context(), "", nil), "accessToken")
	d.wasAsked(t, 0)
}

func TestMinValidityThatTheTokenHasAsksNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{}
		s := sessionOf(t, sessions.Anonymous(d.endpoint()))
		accessTokenOf(t, s)
		time.Sleep(10 * time.Minute)
		for _, enough := range []time.Duration{0, time.Second, 50 * time.Minute} {
			at, err := s.AccessToken(context.Background(), sessions.MinValidity(enough))
			if at != "at-1" || err != nil {
				t.Errorf("%s: %q, %v", enough, at, err)
			}
		}
		d.wasAsked(t, 1)
		at, err := s.AccessToken(context.Background(), sessions.MinValidity(50*time.Minute+1))
		if at != "at-2" || err != nil {
			t.Errorf("a nanosecond more: %q, %v", at, err)
		}
	})
}
