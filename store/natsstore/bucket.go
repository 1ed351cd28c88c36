package natsstore

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/holdfast-go/holdfast/store"
)

const (
	// format is the version of the layout that this package writes, and label where in
	// the stream's metadata it stands.
	format = "1"
	label  = "holdfast-format"

	// tombstones is how long a tombstone is kept.
	tombstones = 7 * 24 * time.Hour

	// window is how long the server knows what it has written, besides the records.
	window = 2 * time.Minute
)

// names are those of a bucket's parts.
type names struct {
	stream  string // of the key-value bucket
	records string // subjects of the records begin with it
	changes string // subjects under which they are published again
}

func namesOf(bucket string) names {
	return names{
		stream:  "KV_" + bucket,
		records: "$KV." + bucket + ".",
		changes: "holdfast." + bucket + ".",
	}
}

// subject returns that of a key's record. A token of a subject is short of a few bytes.
func (n names) subject(key string) string {
	return n.records + base64.RawURLEncoding.EncodeToString([]byte(key))
}

// key returns the key of a record's subject.
func (n names) key(subject string) (key string, ok bool) {
	token, ok := strings.CutPrefix(subject, n.records)
	if !ok {
		return "", false
	}
	b, err := base64.RawURLEncoding.DecodeString(token)
	return string(b), err == nil
}

// config is that of a bucket which is made. The sequence begins at the microsecond, so
// that a bucket which was lost and made again does not use a revision twice.
func (n names) config(replicas int) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              n.stream,
		Description:       "sessions of holdfast",
		Subjects:          []string{n.records + ">"},
		Storage:           jetstream.FileStorage,
		Replicas:          max(replicas, 1),
		Retention:         jetstream.LimitsPolicy,
		Discard:           jetstream.DiscardNew,
		MaxMsgsPerSubject: 1,
		MaxMsgs:           -1,
		MaxBytes:          -1,
		MaxMsgSize:        -1,
		MaxConsumers:      -1,
		Duplicates:        window,
		AllowMsgTTL:       true,
		DenyDelete:        true,
		AllowDirect:       false, // the KeyValue of the driver would set it; a replica answers what is old
		RePublish:         &jetstream.RePublish{Source: n.records + ">", Destination: n.changes + ">"},
		FirstSeq:          uint64(time.Now().UnixMicro()),
		Metadata:          map[string]string{label: format},
	}
}

// check returns an error unless a bucket can be used as it is.
func check(c jetstream.StreamConfig, n names, replicas int) error {
	switch found, ok := c.Metadata[label]; {
	case !ok:
		return fmt.Errorf("%w: the bucket is of another program; give another one", store.ErrForeign)
	case found != format:
		return fmt.Errorf("%w: the bucket's format is %q and this program knows %q; use the version of the program that wrote it, or a newer one",
			store.ErrForeign, found, format)
	}
	for _, rule := range rules(c, n, replicas) {
		if !rule.holds {
			return fmt.Errorf("%w: the bucket's stream %s is not set as it must be; set %s", store.ErrUnavailable, c.Name, rule.set)
		}
	}
	return nil
}

// rule is one that a stream must keep, in the words of the server's configuration.
type rule struct {
	holds bool
	set   string
}

func rules(c jetstream.StreamConfig, n names, replicas int) []rule {
	republishes := c.RePublish != nil && !c.RePublish.HeadersOnly &&
		c.RePublish.Source == n.records+">" && c.RePublish.Destination == n.changes+">"
	return []rule{
		{slices.Equal(c.Subjects, []string{n.records + ">"}), "subjects to " + n.records + "> alone"},
		{c.Mirror == nil && len(c.Sources) == 0 && c.SubjectTransform == nil, "no mirror, sources or subject_transform"},
		{c.Retention == jetstream.LimitsPolicy, "retention to limits, or sessions are lost when they are read"},
		{c.Discard == jetstream.DiscardNew && !c.DiscardNewPerSubject, "discard to new, or sessions are lost when it is full"},
		{c.MaxAge == 0, "max_age to 0, or sessions are lost when they are old"},
		{c.MaxMsgsPerSubject == 1, "max_msgs_per_subject to 1"},
		{c.PersistMode != jetstream.AsyncPersistMode, "persist_mode to default, or what was acknowledged is lost"},
		{!c.AllowDirect && !c.MirrorDirect, "allow_direct and mirror_direct to false, or what is read is old"},
		{!c.NoAck && !c.Sealed, "no_ack and sealed to false"},
		{
			c.AllowMsgTTL && c.SubjectDeleteMarkerTTL == 0,
			"allow_msg_ttl to true (NATS 2.11 and newer have it) and subject_delete_marker_ttl to 0, or tombstones are never forgotten",
		},
		{c.Duplicates >= window, "duplicate_window to " + window.String() + " or more"},
		{republishes, "republish from " + n.records + "> to " + n.changes + "> with the data"},
		{replicas == 0 || c.Replicas == replicas, fmt.Sprintf("num_replicas, which is %d, to %d as Options.Replicas says", c.Replicas, replicas)},
	}
}
