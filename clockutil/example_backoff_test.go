package clockutil_test

import (
	"fmt"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
)

// Processes that failed at the same moment come back at different ones.
func ExampleBackoff() {
	for _, name := range []string{"alice", "bob"} {
		for attempt := range 4 {
			hash := clockutil.Mix(clockutil.Hash(name, "tenant-42"), uint64(attempt))
			wait := clockutil.Backoff(200*time.Millisecond, 2*time.Second, attempt, hash)
			fmt.Println(name, attempt, wait.Round(time.Millisecond))
		}
	}
	// Output:
	// alice 0 236ms
	// alice 1 286ms
	// alice 2 1.513s
	// alice 3 1.136s
	// bob 0 381ms
	// bob 1 218ms
	// bob 2 1.566s
	// bob 3 1.563s
}
