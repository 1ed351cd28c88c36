package actor

import (
	"testing"

	"github.com/holdfast-go/holdfast/messages"
)

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
	moves(&h, "one", "two")
	if h.take("b", "two") {
		t.Error("the rotated token was given to another")
	}
	if !h.take("b", "one") {
		t.Error("the spent token is still held")
	}
	moves(&h, "one", "three") // not its own any more
	if h.take("a", "one") {
		t.Error("a holder has let go of another's token")
	}
	moves(&h, "three", "")
	if !h.take("c", "three") {
		t.Error("a token that was let go of is still held")
	}
}

func TestHoldersKeepNoTokenThatNobodyHolds(t *testing.T) {
	var h holders
	h.take("a", "one")
	moves(&h, "one", "two")
	moves(&h, "two", "")
	if len(h.by) != 0 {
		t.Errorf("%d tokens are kept", len(h.by))
	}
}

// moves has the holder a exchange one token for another; empty: for none.
func moves(h *holders, from, to messages.Secret) {
	h.exchange("a", []messages.Secret{from}, []messages.Secret{to})
}
