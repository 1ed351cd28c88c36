package simulate

import "strconv"

// Server returns a new authorization server of the run. HTTP clients reach it through the
// run's network, under the run's faults.
func (s *Sim) Server(opts ...ServerOption) *Server {
	srv := NewServer(clock, opts...)
	srv.transport = &wire{sim: s, server: srv}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.servers++; s.servers > 1 {
		srv.tag = strconv.Itoa(s.servers) + "."
	}
	return srv
}
