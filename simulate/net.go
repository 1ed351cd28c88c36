package simulate

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

// op is one I/O on its way.
type op struct {
	label     string // no other has it in this run
	who, what string // for the trace
	by        *life  // whose it is; nil: nobody's
	most      time.Duration
}

// opKey is where the context of a leaf has its op.
type opKey struct{}

// travel carries something to where it is done, and its answer back. If ctx ends first, the
// error is its cause.
func travel[T any](ctx context.Context, s *Sim, o op, apply func() (T, error)) (T, error) {
	type answer struct {
		v   T
		err error
	}
	back := make(chan answer, 1)
	s.loop.bring(errand{label: o.label, by: o.by, what: func() {
		there, lost := s.wayThere(o)
		if lost || o.by.isDead() {
			return
		}
		s.loop.after(there, errand{label: o.label, what: func() {
			v, err := apply()
			home, lost := s.wayBack(o)
			if lost {
				return
			}
			s.loop.after(home, errand{label: o.label, by: o.by, what: func() { back <- answer{v, err} }})
		}})
	}})
	select {
	case a := <-back:
		return a.v, a.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}

// wayThere is how long a request takes, and whether it is lost.
func (s *Sim) wayThere(o op) (d time.Duration, lost bool) {
	if s.strikes(s.faults.LostRequest, o.label, saltLostRequest) {
		s.note(o.who, o.what+" is lost on its way")
		return 0, true
	}
	if s.strikes(s.faults.Slow, o.label, saltSlow) {
		s.note(o.who, o.what+" is slow")
		return s.within(2*o.most, o.label, saltThere), false
	}
	return s.soon(o.label, saltThere), false
}

// wayBack is how long an answer takes, and whether it is lost.
func (s *Sim) wayBack(o op) (d time.Duration, lost bool) {
	if s.strikes(s.faults.LostAnswer, o.label, saltLostAnswer) {
		s.note(o.who, "the answer to "+o.what+" is lost")
		return 0, true
	}
	if s.strikes(s.faults.Slow, o.label, saltSlowBack) {
		s.note(o.who, o.what+" is slow on its way back")
		return s.within(2*o.most, o.label, saltBack), false
	}
	return s.soon(o.label, saltBack), false
}

// wire is the network between clients and a Server.
type wire struct {
	sim    *Sim
	server *Server
}

var _ http.RoundTripper = (*wire)(nil)

// RoundTrip carries a request to the server, and its answer back.
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	s := w.sim
	if err := s.refuses(req.Context()); err != nil {
		return nil, err
	}
	body, err := bodyOf(req)
	if err != nil {
		return nil, err
	}
	req = req.Clone(req.Context())
	req.Body = io.NopCloser(bytes.NewReader(body))
	o := s.opOf(req.Context(), req.URL.Path)
	visit := &stay{sim: s, label: o.label}
	defer visit.leaves()
	return travel(req.Context(), s, o, func() (*http.Response, error) {
		visit.arrives(w.server.begin(req))
		switch how := s.chance(o.label, saltHow); {
		case s.strikes(s.faults.Broken, o.label, saltBroken):
			if how%2 == 0 {
				w.server.handle(req)
			}
			s.note(o.who, o.what+" is answered with 502")
			return trouble(req, http.StatusBadGateway, 0), nil
		case s.strikes(s.faults.Busy, o.label, saltBusy):
			after := pick(how, 0, 1, 5, 30)
			s.note(o.who, o.what+" is answered with 429, Retry-After "+strconv.Itoa(after))
			return trouble(req, http.StatusTooManyRequests, after), nil
		}
		r := w.server.handle(req)
		s.note(o.who, o.what+" is answered with "+strconv.Itoa(r.StatusCode))
		return r, nil
	})
}

func bodyOf(req *http.Request) ([]byte, error) {
	if req.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(req.Body)
	return body, errors.Join(err, req.Body.Close())
}

// trouble is the answer of a server that does not do what it is asked.
func trouble(req *http.Request, status, retryAfter int) *http.Response {
	header := http.Header{"Date": {time.Now().UTC().Format(http.TimeFormat)}}
	if retryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(retryAfter))
	}
	return &http.Response{
		Status: strconv.Itoa(status) + " " + http.StatusText(status), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: http.NoBody, Request: req,
	}
}

// opOf returns the leaf that has this context, or else one of whoever has it.
func (s *Sim) opOf(ctx context.Context, what string) op {
	if o, ok := ctx.Value(opKey{}).(op); ok {
		return o
	}
	who := s.visitor(ctx)
	return s.begets(who, what)
}

// stay is how long a request is under way at a server: from its arrival until its sender has
// the answer or has given up.
type stay struct {
	sim   *Sim
	label string

	// Only the scheduler touches the fields below.
	end  func() // nil: it has not arrived
	gone bool   // its sender has left
}

func (v *stay) arrives(end func()) {
	if v.gone {
		end()
		return
	}
	v.end = end
}

func (v *stay) leaves() {
	v.sim.loop.bring(errand{label: "left " + v.label, what: func() {
		v.gone = true
		if v.end != nil {
			v.end()
		}
	}})
}
