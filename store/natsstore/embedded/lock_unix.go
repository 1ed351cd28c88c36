//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// lock takes a folder until release is called, or this process ends. Two servers over one
// folder would write into each other's files, and the server itself does not look.
func lock(dir string) (release func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "holdfast.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, errors.New("the folder " + dir + " belongs to a server that lives; give another one, or end that")
	}
	return func() { _ = f.Close() }, nil
}
