package store_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/holdfast-go/holdfast/store"
)

// Two writers have read the same revision; the second to swap is told so.
func ExampleNewMemory() {
	ctx := context.Background()
	s := store.NewMemory()
	defer func() { _ = s.Close() }()

	read, err := s.Swap(ctx, "tenant-42", 0, []byte("first"), false, store.OpID{1})
	fmt.Println(read, err)

	fmt.Println(s.Swap(ctx, "tenant-42", read, []byte("mine"), false, store.OpID{2}))
	_, err = s.Swap(ctx, "tenant-42", read, []byte("yours"), false, store.OpID{3})
	fmt.Println(errors.Is(err, store.ErrConflict))

	e, err := s.Load(ctx, "tenant-42", 0)
	fmt.Printf("%s %v\n", e.Value, err)
	// Output:
	// 1 <nil>
	// 2 <nil>
	// true
	// mine <nil>
}
