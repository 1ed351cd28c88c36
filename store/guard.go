package store

import "fmt"

// classicError is an error of a classic store, under the name that the contract has
// for it and without its text.
type classicError struct{ kind, cause error }

func (e *classicError) Error() string   { return e.kind.Error() + ": the classic store failed" }
func (e *classicError) Unwrap() []error { return []error{e.kind, e.cause} }

func panicked(kind error) error { return fmt.Errorf("%w: the classic store panicked", kind) }

// guard calls a method of a classic store. It runs in a goroutine of ours, where a
// panic that nobody recovers would end the process.
func guard(kind error, call func() error) (err error) {
	err = panicked(kind)
	defer func() {
		_ = recover() // and is not repeated: it may quote a token
	}()
	if cause := call(); cause != nil {
		return &classicError{kind: kind, cause: cause}
	}
	return nil
}
