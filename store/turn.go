package store

import "context"

// run has do called when its turn has come, in a goroutine that owns the line until
// do has returned, and waits for it no longer than ctx. left is the error, and do's
// result the truth, if the caller leaves before.
func (l *line) run(ctx context.Context, left error, do func(*line) (Entry, error)) (Entry, error) {
	if err := l.take(ctx); err != nil {
		return Entry{}, err
	}
	type result struct {
		entry Entry
		err   error
	}
	done := make(chan result, 1)
	go func() {
		// Goexit in a classic store, a t.FailNow, ends this goroutine as well.
		r := result{err: panicked(left)}
		defer func() {
			<-l.turn
			done <- r
		}()
		r.entry, r.err = do(l)
	}()
	select {
	case r := <-done:
		return r.entry, r.err
	case <-ctx.Done():
	}
	select {
	case r := <-done:
		return r.entry, r.err
	default:
		return Entry{}, ended(ctx, left)
	}
}

// take waits for the turn.
func (l *line) take(ctx context.Context) error {
	if l.store.feed.Closed() {
		return ErrClosed
	}
	if ctx.Err() != nil {
		return ended(ctx, ErrUnavailable)
	}
	select {
	case l.turn <- struct{}{}:
		return nil
	case <-l.store.feed.Done():
		return ErrClosed
	case <-ctx.Done():
		return ended(ctx, ErrUnavailable)
	}
}
