package simcore

import "github.com/holdfast-go/holdfast/internal/machine"

// forgery lets a test show the monitors what is not so.
type forgery struct {
	step func(*seat, *machine.Session, *machine.View, machine.Event, []machine.Effect) (machine.Event, []machine.Effect)
}
