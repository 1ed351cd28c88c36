package machine

import (
	"fmt"
	"os"
	"reflect"
	"testing"

	"github.com/holdfast-go/holdfast/messages"
)

// TestMain looks, after every story and every history, at what all resting
// sessions share: whoever writes to it writes to all of them.
func TestMain(m *testing.M) {
	code := m.Run()
	if !reflect.DeepEqual(*idle, run{}) || !reflect.DeepEqual(*none, messages.Token{}) {
		fmt.Fprintln(os.Stderr, "FAIL: something has written to what resting sessions share")
		code = 1
	}
	os.Exit(code)
}
