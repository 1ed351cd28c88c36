package actor

import "testing"

func TestRefreshTokenHasOneHolder(t *testing.T) {
	var h holders
	for _, step := range []struct {
		what string
		take bool
		key  string
		want bool
	}{
		{"free", true, "a", true},
		{"its own", true, "a", true},
		{"another's", true, "b", false},
	} {
		if got := h.take(step.key, "refresh"); got != step.want {
			t.Errorf("%s: taken %t, want %t", step.what, got, step.want)
		}
	}
	if !h.take("a", "") || !h.take("b", "") {
		t.Error("no token has a holder")
	}
}

func TestRotatedTokenMovesWithItsHolder(t *testing.T) {
	var h holders
	h.take("a", "one")
	h.move("a", "one", "two")
	if h.take("b", "two") {
		t.Error("the rotated token was given to another")
	}
	if !h.take("b", "one") {
		t.Error("the spent token is still held")
	}
	h.move("a", "one", "three") // not its own any more
	if h.take("a", "one") {
		t.Error("a holder has let go of another's token")
	}
	h.move("a", "three", "")
	if !h.take("c", "three") {
		t.Error("a token that was let go of is still held")
	}
}

func TestHoldersKeepNoTokenThatNobodyHolds(t *testing.T) {
	var h holders
	h.take("a", "one")
	h.move("a", "one", "two")
	h.move("a", "two", "")
	if len(h.by) != 0 {
		t.Errorf("%d tokens are kept", len(h.by))
	}
}
