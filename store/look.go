package store

import (
	"context"
	"fmt"

	"github.com/holdfast-go/holdfast/internal/record"
	"github.com/holdfast-go/holdfast/messages"
)

// look reads the classic store and takes up what it finds there.
func (l *line) look(ctx context.Context) error {
	t, err := l.token(ctx)
	if err != nil {
		return err
	}
	l.read = true
	switch {
	case l.open != nil && pairOf(l.open.token) == pairOf(t):
		l.land(l.open)
	case t.IsZero():
		l.lose()
	case l.isNew(t):
		l.find(t)
	}
	return nil
}

// token asks the classic store for its token, after opening it if need be.
func (l *line) token(ctx context.Context) (t messages.Token, err error) {
	err = guard(ErrUnavailable, func() (err error) {
		if l.classic == nil {
			l.classic = l.store.classic(l.key)
		}
		if l.classic != nil {
			t, err = l.classic.Read(ctx)
		}
		return err
	})
	if err == nil && l.classic == nil {
		err = fmt.Errorf("%w: there is no classic store for this key", ErrUnavailable)
	}
	return t, err
}

// isNew reports whether a token that was read is one that somebody else put there.
func (l *line) isNew(t messages.Token) bool {
	switch {
	case l.entry.Rev == 0:
		return true
	case pairOf(t) == l.pair:
		return false
	case l.entry.Gone:
		return t.Issued.After(l.record().Written)
	}
	return true
}

// find makes a record of a token that somebody else put there. Written is when it
// was issued, for when it was written nobody knows.
func (l *line) find(t messages.Token) {
	l.generation++
	if l.grant == 0 || l.entry.Gone {
		l.grant, l.generation = l.grant+1, 1
	}
	l.pair = pairOf(t)
	l.open = nil
	l.set(Entry{Value: record.Encode(messages.Record{
		Grant: l.grant, Generation: l.generation, Token: t, Written: t.Issued,
	})})
}

// lose forgets a record whose token somebody else has removed. One that has no
// token in the classic store stays.
func (l *line) lose() {
	if l.entry.Rev == 0 || l.entry.Gone {
		return
	}
	if r := l.record(); r.Status == messages.Alive && !r.Token.IsZero() {
		l.mu.Lock()
		l.entry = Entry{}
		l.mu.Unlock()
		l.open = nil
	}
}
