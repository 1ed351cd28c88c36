package natsstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// varz is what each server answers to who may ask.
const varz = "$SYS.REQ.SERVER.PING.VARZ"

// statement is the part of that answer that says how a server keeps what it is given.
type statement struct {
	Server struct {
		Name string `json:"name"`
	} `json:"server"`
	Data struct {
		JetStream struct {
			Config struct {
				SyncAlways bool `json:"sync_always"`
			} `json:"config"`
		} `json:"jetstream"`
	} `json:"data"`
}

// keepers returns the names of the servers that keep a stream; connected is the one that
// does if there is no cluster.
func keepers(info *jetstream.StreamInfo, connected string) []string {
	if info.Cluster == nil || info.Cluster.Leader == "" {
		return []string{connected}
	}
	all := []string{info.Cluster.Leader}
	for _, peer := range info.Cluster.Replicas {
		all = append(all, peer.Name)
	}
	return all
}

var errUntold = errors.New("the servers do not tell whether they sync what they acknowledge; " +
	"set sync_interval to always, let the account import " + varz + " as the package comment shows, or set AcceptUnsynced")

// syncs returns nil if all these servers say that they sync what they acknowledge.
func (s *Store) syncs(ctx context.Context, servers []string) error {
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	inbox := s.conn.NewInbox()
	answers, err := s.conn.SubscribeSync(inbox)
	if err != nil {
		return unavailable(err)
	}
	defer func() { _ = answers.Unsubscribe() }()
	if err := s.conn.PublishRequest(varz, inbox, nil); err != nil {
		return unavailable(err)
	}
	for left := slices.Clone(servers); len(left) > 0; {
		m, err := answers.NextMsgWithContext(ctx)
		if err != nil {
			return fmt.Errorf("%w (no answer of %s)", errUntold, strings.Join(left, ", "))
		}
		said, ok := read(m)
		if !ok {
			return errUntold
		}
		if slices.Contains(left, said.Server.Name) && !said.Data.JetStream.Config.SyncAlways {
			return fmt.Errorf("the server %s acknowledges what is not on its disk; set its sync_interval to always, or AcceptUnsynced",
				said.Server.Name)
		}
		left = slices.DeleteFunc(left, func(name string) bool { return name == said.Server.Name })
	}
	return nil
}

func read(m *nats.Msg) (said statement, ok bool) {
	return said, json.Unmarshal(m.Data, &said) == nil
}
