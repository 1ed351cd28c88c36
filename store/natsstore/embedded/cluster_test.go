package embedded_test

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/holdfast-go/holdfast/store"
	"github.com/holdfast-go/holdfast/store/natsstore"
	"github.com/holdfast-go/holdfast/store/storetest"
)

// cluster is three servers that keep a bucket together, until the end of the test.
type cluster []*server.Server

func clusters(t *testing.T) cluster {
	t.Helper()
	var routes []*url.URL
	for range 3 {
		l, err := net.Listen("tcp", "127.0.0.1:0") // a port that is free
		if err != nil {
			t.Fatal(err)
		}
		routes = append(routes, &url.URL{Scheme: "nats", Host: l.Addr().String()})
		_ = l.Close()
	}
	var all cluster
	for i, way := range routes {
		host, port, _ := strings.Cut(way.Host, ":")
		o := &server.Options{
			ServerName: fmt.Sprint("server-", i), Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true,
			JetStream: true, StoreDir: t.TempDir(), SyncAlways: true,
			Cluster: server.ClusterOpts{Name: "three", Host: host, Port: number(t, port)}, Routes: routes,
		}
		s, err := server.NewServer(o)
		if err != nil {
			t.Fatal(err)
		}
		go s.Start()
		t.Cleanup(func() {
			s.Shutdown()
			s.WaitForShutdown()
		})
		all = append(all, s)
	}
	for _, s := range all {
		if !s.ReadyForConnections(30 * time.Second) {
			t.Fatal("a server has not started")
		}
		const varz = "$SYS.REQ.SERVER.PING.VARZ"
		if err := s.SystemAccount().AddServiceExportWithResponse(varz, server.Streamed, nil); err != nil {
			t.Fatal(err)
		}
		if err := s.GlobalAccount().AddServiceImport(s.SystemAccount(), varz, varz); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func number(t *testing.T, text string) (n int) {
	t.Helper()
	if _, err := fmt.Sscan(text, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func (c cluster) urls() string {
	var all []string
	for _, s := range c {
		all = append(all, "nats://"+s.Addr().String())
	}
	return strings.Join(all, ",")
}

// opens opens a store of three replicas over these addresses. A cluster that has not come
// together yet says so by refusing, and nothing tells when it has.
func (c cluster) opens(t *testing.T, urls, bucket string) *natsstore.Store {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		s, err := natsstore.Open(t.Context(), urls, natsstore.Options{Replicas: 3, Bucket: bucket})
		if err == nil {
			t.Cleanup(func() { _ = s.Close() })
			return s
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

func TestClusterSurvivesTheLossOfAServer(t *testing.T) {
	c := clusters(t)
	s := c.opens(t, c.urls(), "")
	if caps := s.Caps(); !caps.Failover || !caps.Durable {
		t.Fatalf("three servers that sync are %+v", caps)
	}
	storetest.Crash(t, s, func() {
		leader := c.leader(t)
		leader.Shutdown()
		leader.WaitForShutdown()
	})
}

// leader returns the server that leads the bucket without a name.
func (c cluster) leader(t *testing.T) *server.Server {
	t.Helper()
	stream, err := bare(t, c.urls()).Stream(t.Context(), "KV_holdfast")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range c {
		if s.Name() == stream.CachedInfo().Cluster.Leader {
			return s
		}
	}
	t.Fatal("there is no leader")
	return nil
}

// Writes of a key that another server has not confirmed yet are what the server gives no
// verdict about.
func TestOneOfManyWritersWinsInACluster(t *testing.T) {
	c := clusters(t)
	stores := []store.Store{c.opens(t, c.urls(), ""), c.opens(t, c.urls(), "")}
	rev := swaps(t, stores[0], "k", 0, false)
	for round := range byte(20) {
		var wins, lost atomic.Int32
		var newest atomic.Uint64
		var writers sync.WaitGroup
		for n := range byte(8) {
			writers.Go(func() {
				won, err := stores[n%2].Swap(t.Context(), "k", rev, []byte{round, n}, false, store.OpID{2, round, n})
				switch {
				case err == nil:
					wins.Add(1)
					newest.Store(uint64(won))
				case errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrUnavailable):
					lost.Add(1)
				default:
					t.Errorf("Swap: %v", err)
				}
			})
		}
		writers.Wait()
		if wins.Load() != 1 || lost.Load() != 7 {
			t.Fatalf("%d have won, %d have lost", wins.Load(), lost.Load())
		}
		rev = store.Rev(newest.Load())
	}
}
