package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/holdfast-go/holdfast/store"
	"github.com/holdfast-go/holdfast/store/redisstore"
)

// Redis as its configuration has it, beside a string that begins with its revision:
// compared and set by the shortest script that can, and read by GET.
func redisShelf() shelf {
	return shelf{
		name:   "redisstore",
		hand:   "go-redis: a script that compares and sets; GET",
		tells:  "go-redis: the script with PUBLISH; SUBSCRIBE",
		driver: "go-redis",
		module: "github.com/redis/go-redis/v9",
		open:   openRedisPlace,
	}
}

// redisURL is where a server is expected, without a password.
func (s settings) redisURL() string { return cmp.Or(s.redis, "redis://127.0.0.1:6379") }

type redisPlace struct {
	url, prefix string
	settings    redis.Options
}

func openRedisPlace(ctx context.Context, s settings) (place, error) {
	o, err := redis.ParseURL(s.redisURL())
	if err != nil {
		return nil, absence{"the URL of -redis cannot be read"}
	}
	if err := reach(ctx, "Redis", o.Addr); err != nil {
		return nil, err
	}
	p := &redisPlace{s.redisURL(), "holdfast-bench-" + rand.Text(), *o}
	c := p.connect()
	defer func() { _ = c.Close() }()
	if err := c.Ping(ctx).Err(); err != nil {
		return nil, absence{fmt.Sprintf("the Redis at %s answers: %v", o.Addr, err)}
	}
	return p, nil
}

func (p *redisPlace) store(ctx context.Context) (store.Store, error) {
	return redisstore.Open(ctx, p.url, redisstore.Options{Prefix: p.prefix})
}

func (p *redisPlace) client(context.Context) (client, error) {
	return redisClient{p.connect(), "{" + p.prefix + "}:by-hand:"}, nil
}

func (p *redisPlace) connect() *redis.Client {
	o := p.settings
	return redis.NewClient(&o)
}

func (p *redisPlace) sweep(ctx context.Context) error {
	c := p.connect()
	defer func() { _ = c.Close() }()
	all := c.Scan(ctx, 0, "{"+p.prefix+"}:*", 1000).Iterator()
	for all.Next(ctx) {
		c.Del(ctx, all.Val())
	}
	return all.Err()
}

type redisClient struct {
	*redis.Client
	prefix string
}

// The revisions are bytes; that of no record is none.
var (
	redisSwap = redis.NewScript(`
if redis.call('GETRANGE', KEYS[1], 0, 7) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2] .. ARGV[3])
return 1`)

	redisTell = redis.NewScript(`
if redis.call('GETRANGE', KEYS[1], 0, 7) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2] .. ARGV[3])
redis.call('PUBLISH', KEYS[2], ARGV[2])
return 1`)
)

func (c redisClient) swap(ctx context.Context, key string, prev uint64, value []byte) (uint64, error) {
	return c.run(ctx, redisSwap, []string{c.prefix + key}, prev, value)
}

func (c redisClient) tell(ctx context.Context, key string, prev uint64, value []byte) (uint64, error) {
	return c.run(ctx, redisTell, []string{c.prefix + key, c.channel()}, prev, value)
}

func (c redisClient) run(ctx context.Context, script *redis.Script, keys []string, prev uint64, value []byte) (uint64, error) {
	var old []byte
	if prev > 0 {
		old = binary.BigEndian.AppendUint64(nil, prev)
	}
	landed, err := script.Run(ctx, c, keys, old, binary.BigEndian.AppendUint64(nil, prev+1), value).Bool()
	if err == nil && !landed {
		err = errConflict
	}
	return prev + 1, err
}

func (c redisClient) load(ctx context.Context, key string) ([]byte, error) {
	row, err := c.Get(ctx, c.prefix+key).Bytes()
	if err != nil {
		return nil, err
	}
	return row[revLength:], nil
}

func (c redisClient) channel() string { return c.prefix + "changes" }

func (c redisClient) hear(ctx context.Context, listening, heard func()) error {
	sub := c.Subscribe(ctx, c.channel())
	defer func() { _ = sub.Close() }()
	if _, err := sub.Receive(ctx); err != nil {
		return err
	}
	listening()
	for told := sub.Channel(); ; heard() {
		select {
		case <-told:
		case <-ctx.Done():
			return nil
		}
	}
}

func (c redisClient) close() error { return c.Close() }
