package natsstore

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/holdfast-go/holdfast/internal/rewatch"
	"github.com/holdfast-go/holdfast/store"
)

// Swap writes the record of key. See [store.Store].
func (s *Store) Swap(
	ctx context.Context, key string, prev store.Rev, value []byte, gone bool, op store.OpID,
) (store.Rev, error) {
	switch {
	case len(value) > s.caps.MaxValue:
		return 0, fmt.Errorf("%w: the value has %d bytes, the longest %d", store.ErrTooLarge, len(value), s.caps.MaxValue)
	case len(key) > maxKey:
		return 0, fmt.Errorf("%w: the key has %d bytes, the longest %d", store.ErrTooLarge, len(key), maxKey)
	}
	ctx, end, err := s.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer end()
	m := &nats.Msg{Subject: s.names.subject(key), Data: rowOf(value, gone, op)}
	return s.publish(ctx, key, m, with(key, prev, gone, op), op)
}

// with returns how a write is published: on its revision, and once.
func with(key string, prev store.Rev, gone bool, op store.OpID) []jetstream.PublishOpt {
	all := []jetstream.PublishOpt{
		jetstream.WithRetryAttempts(0),
		jetstream.WithExpectLastSequencePerSubject(uint64(prev)),
	}
	if op != (store.OpID{}) {
		all = append(all, jetstream.WithMsgID(messageID(key, op)))
	}
	if gone {
		all = append(all, jetstream.WithMsgTTL(tombstones))
	}
	return all
}

// messageID is the name of a write for the server, which knows it for some time whatever
// the subject. Two keys may have writes of one name.
func messageID(key string, op store.OpID) string {
	h := sha256.New()
	h.Write(op[:])
	h.Write([]byte(key))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// The server's codes for a write on a revision.
const (
	wrongRevision = 10071 // a verdict, by what has been applied
	keyInFlight   = 10164 // another write of the key is under way, our own perhaps: no verdict
	writeInFlight = 10158 // this write is under way: no verdict
	messageTooBig = 10054
)

// verdictAfter is how long to wait for a write that is under way.
const verdictAfter = 2 * time.Millisecond

// publish sends a write until there is a verdict: to be sent again is all that a server
// asks for while a write of the key is under way, and so it changes nothing.
func (s *Store) publish(
	ctx context.Context, key string, m *nats.Msg, how []jetstream.PublishOpt, op store.OpID,
) (store.Rev, error) {
	for {
		ack, err := s.js.PublishMsg(ctx, m, how...)
		if err == nil {
			return store.Rev(ack.Sequence), nil
		}
		said := new(jetstream.APIError)
		if !errors.As(err, &said) {
			return 0, unanswered(err)
		}
		switch int(said.ErrorCode) {
		case wrongRevision:
			return s.look(ctx, key, op, said)
		case keyInFlight, writeInFlight:
			if !rewatch.Wait(ctx, verdictAfter) {
				return 0, fmt.Errorf("%w: %w: %w", store.ErrUnknown, said, ctx.Err())
			}
		default:
			return 0, refusal(said)
		}
	}
}

// unanswered is what it means that a write has no answer. It was not sent if the driver
// or its server says that there is nobody to send it to.
func unanswered(err error) error {
	for _, unsent := range []error{
		jetstream.ErrNoStreamResponse, nats.ErrReconnectBufExceeded, nats.ErrConnectionReconnecting,
		nats.ErrBadSubject, nats.ErrMaxPayload,
	} {
		if errors.Is(err, unsent) {
			return unavailable(err)
		}
	}
	return fmt.Errorf("%w: %w", store.ErrUnknown, err)
}

// refusal is what an error of the server means. Where it has failed, and not we, a write
// may be on other servers all the same.
func refusal(said *jetstream.APIError) error {
	switch {
	case said.ErrorCode == messageTooBig:
		return fmt.Errorf("%w: %w", store.ErrTooLarge, said)
	case said.Code == 400:
		return unavailable(said)
	}
	return fmt.Errorf("%w: %w", store.ErrUnknown, said)
}

// look answers a write whose revision is not the current one: it may have landed before.
// What is read must not be older than the verdict.
func (s *Store) look(ctx context.Context, key string, op store.OpID, said *jetstream.APIError) (store.Rev, error) {
	e, err := s.load(ctx, key)
	switch {
	case err != nil && !errors.Is(err, store.ErrNotFound):
		return 0, err
	case e.Rev < judged(said):
		return 0, fmt.Errorf("%w: revision %d is the newest that can be read", store.ErrUnavailable, e.Rev)
	case op != store.OpID{} && op == e.Op:
		return e.Rev, nil
	}
	return 0, store.ErrConflict
}

// judged returns the revision that a verdict says is current, zero if it does not say.
func judged(said *jetstream.APIError) store.Rev {
	_, number, _ := strings.Cut(said.Description, ": ")
	rev, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		return 0
	}
	return store.Rev(rev)
}
