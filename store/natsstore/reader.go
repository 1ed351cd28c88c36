package natsstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/holdfast-go/holdfast/store"
)

const (
	// page is how many records are on their way to a reader at most.
	page = 256

	// abandoned is when the server forgets a reader that asks for nothing more, which its
	// process could not say.
	abandoned = 5 * time.Minute
)

// reader reads the records of a bucket in the order in which they were written.
type reader struct {
	s        *Store
	name     string // of the consumer that the server has for it
	messages jetstream.MessagesContext
	left     uint64 // records that are still to come, as far as is known
	number   uint64 // of the last message
}

// found is a record that was read, or a message that is no record of ours, with the
// reason.
type found struct {
	key string
	rev store.Rev
	e   store.Entry
	err error
}

// read begins to read behind a revision. The reader must be closed.
func (s *Store) read(ctx context.Context, last store.Rev) (*reader, error) {
	name, err := s.named()
	if err != nil {
		return nil, err
	}
	consumer, err := s.js.CreateConsumer(ctx, s.names.stream, jetstream.ConsumerConfig{
		Name:              name,
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       uint64(last) + 1,
		AckPolicy:         jetstream.AckNonePolicy,
		InactiveThreshold: abandoned,
		Replicas:          1,
		MemoryStorage:     true,
	})
	if err != nil {
		s.forget(name)
		return nil, unavailable(err)
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessages(page), jetstream.PullHeartbeat(ping))
	if err != nil {
		s.forget(name)
		return nil, unavailable(err)
	}
	return &reader{s: s, name: name, messages: messages, left: consumer.CachedInfo().NumPending}, nil
}

// named returns the name of a new consumer, which Close has the server forget if nobody
// has done it before.
func (s *Store) named() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return "", store.ErrClosed
	}
	name := rand.Text()
	s.consumers[name] = true
	return name, nil
}

// forget has the server forget a consumer, and does not wait for it.
func (s *Store) forget(name string) {
	s.mu.Lock()
	delete(s.consumers, name)
	s.mu.Unlock()
	_ = s.conn.Publish("$JS.API.CONSUMER.DELETE."+s.names.stream+"."+name, nil)
}

// errMissed is that of a reader that has not got all records.
var errMissed = errors.New("a record was lost on its way")

// next returns the next record, and waits for it. The error is that of the reader.
func (r *reader) next(ctx context.Context) (found, error) {
	m, err := r.messages.Next(jetstream.NextContext(ctx))
	if err != nil {
		return found{}, unavailable(err)
	}
	about, err := m.Metadata()
	if err != nil {
		return found{}, unavailable(err)
	}
	if r.number++; about.Sequence.Consumer != r.number {
		return found{}, unavailable(errMissed)
	}
	r.left = about.NumPending
	return r.s.found(m.Subject(), about.Sequence.Stream, m.Data()), nil
}

// found returns what a message of the bucket is.
func (s *Store) found(subject string, sequence uint64, row []byte) found {
	f := found{rev: store.Rev(sequence)}
	key, ok := s.names.key(subject)
	if !ok {
		f.err = fmt.Errorf("%w: the subject is no key", store.ErrForeign)
		return f
	}
	f.key = key
	f.e, f.err = entryOf(key, sequence, row)
	return f
}

// close lets go of the reader.
func (r *reader) close() {
	r.messages.Stop()
	r.s.forget(r.name)
}

// isBetween asks the leader whether there is a record behind last and not behind head.
func (s *Store) isBetween(ctx context.Context, last, head store.Rev) (bool, error) {
	if last >= head {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	m, err := s.stream.GetMsg(ctx, uint64(last)+1, jetstream.WithGetMsgSubject(s.names.records+">"))
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return false, nil
	case err != nil:
		return false, unavailable(err)
	}
	return store.Rev(m.Sequence) <= head, nil
}

// head returns the newest revision of the bucket.
func (s *Store) head(ctx context.Context) (store.Rev, error) {
	info, err := s.stream.Info(ctx)
	if err != nil {
		return 0, unavailable(err)
	}
	return store.Rev(info.State.LastSeq), nil
}
