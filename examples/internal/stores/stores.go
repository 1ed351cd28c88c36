// Package stores opens the store that the flag -store of an example names.
//
//	memory              in memory, until the program ends
//	bolt:FILE           a file, for one process
//	nats:               NATS JetStream in this process, with its files in a folder
//	nats://…            NATS JetStream, for any number of processes
//	postgres://…        PostgreSQL, for any number of processes
//	redis://…           Redis, for any number of processes, without a failover
//
// What is to be opened may hold a password: none is in an error or in what a Place
// prints.
package stores

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/holdfast-go/holdfast/store"
	"github.com/holdfast-go/holdfast/store/boltstore"
	"github.com/holdfast-go/holdfast/store/natsstore"
	"github.com/holdfast-go/holdfast/store/natsstore/embedded"
	"github.com/holdfast-go/holdfast/store/pgstore"
	"github.com/holdfast-go/holdfast/store/redisstore"
)

// Place is where sessions are kept. The zero Place is memory.
type Place struct {
	kind  *kind
	where string // it may hold a password
}

// Options are what a store is opened with.
type Options struct {
	// Name tells the sessions of one program from those of others in the same server:
	// letters, digits and underscores.
	Name string

	// Dir is the folder of a server in this process. If empty, a temporary one, which
	// is gone when the store is closed.
	Dir string
}

// kind is a kind of store. One more is one more element of kinds.
type kind struct {
	usage  string   // what a user writes
	begins []string // what that begins with
	alone  bool     // nothing follows
	traits

	// check returns what is wrong with a place, as far as can be seen without I/O; nil:
	// nothing ever is.
	check func(where string) error
	open  func(ctx context.Context, where string, o Options) (store.Store, error)
}

type traits struct {
	shared bool // several processes can have it
	lasts  bool // it outlives the process
}

var kinds = []*kind{
	memory,
	{
		usage: "bolt:FILE", begins: []string{"bolt:"}, traits: traits{lasts: true},
		check: needsFile, open: openBolt,
	},
	{
		usage: "nats:", begins: []string{"nats:"}, alone: true, traits: traits{lasts: true},
		open: openEmbedded,
	},
	{
		usage: "nats://…", begins: []string{"nats://", "tls://"}, traits: traits{shared: true, lasts: true},
		open: openNATS,
	},
	{
		usage: "postgres://…", begins: []string{"postgres://", "postgresql://"}, traits: traits{shared: true, lasts: true},
		open: openPostgres,
	},
	{
		usage: "redis://…", begins: []string{"redis://", "rediss://"}, traits: traits{shared: true, lasts: true},
		open: openRedis,
	},
}

var memory = &kind{
	usage: "memory", begins: []string{"memory"}, alone: true,
	open: func(context.Context, string, Options) (store.Store, error) { return store.NewMemory(), nil },
}

// Usage lists what Parse takes.
func Usage() string {
	var all []string
	for _, k := range kinds {
		all = append(all, k.usage)
	}
	return strings.Join(all[:len(all)-1], ", ") + " or " + all[len(all)-1]
}

// Parse reads what the flag was given. It does no I/O.
func Parse(text string) (Place, error) {
	i := slices.IndexFunc(kinds, func(k *kind) bool { return k.takes(text) })
	if i < 0 { // what was given may hold a password
		return Place{}, errors.New("this is no store that is known here; it may be " + Usage())
	}
	if check := kinds[i].check; check != nil {
		if err := check(text); err != nil {
			return Place{}, err
		}
	}
	return Place{kind: kinds[i], where: text}, nil
}

func (k *kind) takes(text string) bool {
	return slices.ContainsFunc(k.begins, func(begin string) bool {
		return text == begin || !k.alone && strings.HasPrefix(text, begin)
	})
}

// Open opens the store, which must be closed. Its error says what to do.
func (p Place) Open(ctx context.Context, o Options) (store.Store, error) {
	s, err := p.is().open(ctx, p.where, o)
	if err != nil {
		return nil, err // s may be a nil pointer of the store's own type
	}
	return s, nil
}

// Shared reports whether several processes can have the store at once.
func (p Place) Shared() bool { return p.is().shared }

// Lasts reports whether what is kept there is there when the program is started again.
func (p Place) Lasts() bool { return p.is().lasts }

func (p Place) is() *kind {
	if p.kind == nil {
		return memory
	}
	return p.kind
}

// String returns the place as it was given, without user, password and parameters. Of what
// is no plain URL, such as a list of several, it tells the kind only.
func (p Place) String() string {
	if !strings.Contains(p.where, "://") {
		return strings.TrimSuffix(p.is().usage, "FILE") + strings.TrimPrefix(p.where, p.is().begins[0])
	}
	at, err := url.Parse(p.where)
	if err != nil || strings.ContainsAny(at.Host+at.Path, "@,") {
		return p.is().usage
	}
	return (&url.URL{Scheme: at.Scheme, Host: at.Host, Path: at.Path}).String()
}

// Format prints the place as String does, whatever the verb.
func (p Place) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, p.String()) }

func needsFile(where string) error {
	if where == "bolt:" {
		return errors.New("bolt: needs the path of a file, which need not be there yet: bolt:FILE")
	}
	return nil
}

func openBolt(_ context.Context, where string, _ Options) (store.Store, error) {
	return boltstore.Open(strings.TrimPrefix(where, "bolt:"), boltstore.Options{})
}

// openEmbedded starts the server, too.
func openEmbedded(ctx context.Context, _ string, o Options) (store.Store, error) {
	server, err := embedded.Start(embedded.Options{Dir: o.Dir})
	if err != nil {
		return nil, err
	}
	s, err := natsstore.Open(ctx, "", natsstore.Options{Bucket: o.Name, InProcess: server})
	if err != nil {
		return nil, errors.Join(err, server.Close())
	}
	return &withServer{s, server}, nil
}

// withServer is a store whose server ends with it.
type withServer struct {
	*natsstore.Store
	server *embedded.Server
}

// Close closes the store, and then the server.
func (s *withServer) Close() error { return errors.Join(s.Store.Close(), s.server.Close()) }

func openNATS(ctx context.Context, where string, o Options) (store.Store, error) {
	return natsstore.Open(ctx, where, natsstore.Options{Bucket: o.Name})
}

// openPostgres makes the tables, too. A program in use leaves that to whoever deploys it.
func openPostgres(ctx context.Context, where string, o Options) (store.Store, error) {
	tables := pgstore.Options{Schema: o.Name}
	if err := pgstore.Migrate(ctx, where, tables); err != nil {
		return nil, err
	}
	return pgstore.Open(ctx, where, tables)
}

// openRedis has the driver be silent, for the whole program: what it has to say the store
// says, too.
func openRedis(ctx context.Context, where string, o Options) (store.Store, error) {
	redis.SetLogger(silence{})
	return redisstore.Open(ctx, where, redisstore.Options{Prefix: o.Name})
}

// silence is a log that keeps nothing.
type silence struct{}

// Printf drops a line.
func (silence) Printf(context.Context, string, ...any) {}
