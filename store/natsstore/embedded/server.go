package embedded

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// Options are what a server can be started with. The zero value is one for tests.
type Options struct {
	// Dir is the folder where the server keeps its files; it is made if it is not there,
	// and belongs to this server alone. If empty, a temporary one, which is gone
	// after Close.
	Dir string

	// Listen is the address at which others may connect, host:port; port 0 picks one. If
	// empty, only this process can.
	Listen string

	// User and Password are those that who connects must give, also in this process:
	// natsstore takes them in its URL. If User is empty, nobody is asked.
	User, Password string

	// Unsynced acknowledges what is not on the disk, which is faster, and lost when the
	// machine dies. If false, all is synced.
	Unsynced bool
}

// Server is a NATS server with JetStream in this process. Use [Start].
type Server struct {
	server    *server.Server
	temporary string // the folder to remove; empty: none
	release   func() // of the folder; nil: it was not taken
	close     sync.Once
}

var _ nats.InProcessConnProvider = (*Server)(nil)

// patience is how long the server may take to start, with what is in its folder.
const patience = 30 * time.Second

// Start starts a server, and returns when it can be used. It must be closed.
func Start(o Options) (*Server, error) {
	s := &Server{}
	if o.Dir == "" {
		dir, err := os.MkdirTemp("", "holdfast-nats-")
		if err != nil {
			return nil, fmt.Errorf("embedded: %w", err)
		}
		o.Dir, s.temporary = dir, dir
	}
	if err := s.start(o); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("embedded: %w", err)
	}
	return s, nil
}

func (s *Server) start(o Options) error {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return err
	}
	settings, err := settingsOf(o)
	if err != nil {
		return err
	}
	if s.release, err = lock(o.Dir); err != nil {
		return err
	}
	if s.server, err = server.NewServer(settings); err != nil {
		return err
	}
	log := &lastWords{fatal: make(chan string, 1)}
	s.server.SetLogger(log, false, false)
	go s.server.Start()
	ready := make(chan bool, 1)
	go func() { ready <- s.server.ReadyForConnections(patience) }()
	select {
	case words := <-log.fatal:
		return errors.New(words)
	case isReady := <-ready:
		if !isReady {
			return fmt.Errorf("the server has not started for %s", patience)
		}
	}
	return s.tells()
}

func settingsOf(o Options) (*server.Options, error) {
	settings := &server.Options{
		ServerName: "holdfast-" + strconv.Itoa(os.Getpid()),
		JetStream:  true,
		StoreDir:   o.Dir,
		SyncAlways: !o.Unsynced,
		DontListen: true,
		NoSigs:     true,
		Username:   o.User,
		Password:   o.Password,
	}
	if o.Listen == "" {
		return settings, nil
	}
	host, text, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return nil, fmt.Errorf("the address %q is not host:port", o.Listen)
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("the address %q has no port that is a number", o.Listen)
	}
	settings.DontListen, settings.Host, settings.Port = false, host, int(port)
	if port == 0 {
		settings.Port = server.RANDOM_PORT
	}
	return settings, nil
}

// varz is how natsstore asks whether a server syncs what it acknowledges.
const varz = "$SYS.REQ.SERVER.PING.VARZ"

// tells has the server say to its users how it is set.
func (s *Server) tells() error {
	system := s.server.SystemAccount()
	if err := system.AddServiceExportWithResponse(varz, server.Streamed, nil); err != nil {
		return err
	}
	return s.server.GlobalAccount().AddServiceImport(system, varz, varz)
}

// URL returns where others connect, without user and password; empty if they cannot.
func (s *Server) URL() string {
	if s.server.Addr() == nil {
		return ""
	}
	return "nats://" + s.server.Addr().String()
}

// InProcessConn returns a connection to the server without a network. It is for a driver.
func (s *Server) InProcessConn() (net.Conn, error) { return s.server.InProcessConn() }

// Format names the server, whatever the verb: its settings have a password.
func (s *Server) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "embedded NATS server") }

// Close ends the server, and returns when it has ended. Stores over it should be closed
// before, or they wait for it to come back. A second Close does nothing.
func (s *Server) Close() (err error) {
	s.close.Do(func() {
		if s.server != nil {
			s.server.Shutdown()
			s.server.WaitForShutdown()
		}
		if s.release != nil {
			s.release()
		}
		if s.temporary != "" {
			err = os.RemoveAll(s.temporary)
		}
	})
	return err
}

// lastWords is a log that keeps what a server cannot go on after, and nothing else.
type lastWords struct{ fatal chan string }

var _ server.Logger = (*lastWords)(nil)

// Fatalf keeps the words.
func (l *lastWords) Fatalf(format string, v ...any) {
	select {
	case l.fatal <- fmt.Sprintf(format, v...):
	default:
	}
}

func (*lastWords) Noticef(string, ...any) {}
func (*lastWords) Warnf(string, ...any)   {}
func (*lastWords) Errorf(string, ...any)  {}
func (*lastWords) Debugf(string, ...any)  {}
func (*lastWords) Tracef(string, ...any)  {}
