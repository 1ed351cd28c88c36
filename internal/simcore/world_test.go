package simcore

import "testing"

// Whatever a history ends in, nothing of it is left: actors have the names of those before.
func TestHistoryThatEndsInAPauseLeavesNoActorBehind(t *testing.T) {
	w, s := NewWorld(), new(Script)
	frozen := 0
	w.forge = func(*look) {
		for _, p := range w.procs {
			if p.frozen() && len(p.held) > 0 {
				frozen++
				w.breaks("no pause", "process %d stands still", p.slot)
			}
		}
	}
	for seed := range uint64(50) {
		Storm(seed, All(), s)
		w.Play(s)
	}
	if frozen == 0 {
		t.Error("no history ends in a pause")
	}
}
