package clockutil_test

import (
	"fmt"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
)

// A test lets a day pass without waiting for it.
func ExampleVirtual() {
	var clock clockutil.Virtual
	say := func(what string) { fmt.Println(clock.Now().Format(time.TimeOnly), what) }

	reminder := clock.AfterFunc(8*time.Hour, func() { say("the token has expired") })
	clock.AfterFunc(50*time.Minute, func() {
		say("renew")
		clock.AfterFunc(time.Second, func() {
			say("renewed")
			reminder.Stop()
		})
	})

	clock.Advance(24 * time.Hour)
	say("done")
	// Output:
	// 12:50:00 renew
	// 12:50:01 renewed
	// 12:00:00 done
}
