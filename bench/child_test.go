package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
)

// The test binary is its own child, as the program is.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == childCommand {
		exitOn(runChild(context.Background(), os.Args[2], os.Stdout))
		return
	}
	os.Exit(m.Run())
}

func TestAProcessOfItsOwnWeighsSessions(t *testing.T) {
	for _, what := range []errand{
		{What: "memory", Rival: "RWMutex", Sessions: 200},
		{What: "memory", Rival: "holdfast", Sessions: 200, Callers: 10},
		{What: "start", Rival: "x/oauth2", Sessions: 2},
	} {
		got, err := what.sent(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := 5
		if what.Callers > 0 {
			want = 9
		}
		if len(got) != want || got[0].value <= 0 {
			t.Errorf("%+v: %v, want %d figures", what, got, want)
		}
	}
}

func TestAChildThatFailsSaysWhy(t *testing.T) {
	_, err := errand{What: "memory", Rival: "nobody"}.sent(t.Context())
	if err == nil || !strings.Contains(err.Error(), "there is no way to measure memory of nobody") {
		t.Error(err)
	}
}

func TestARunReportsFromBeginningToEnd(t *testing.T) {
	var out, progress bytes.Buffer
	s := settings{only: []string{"cancel"}, quick: true, rounds: 1, check: true}
	if err := run(t.Context(), s, &out, &progress); err != nil && !strings.Contains(err.Error(), "missed") {
		t.Fatal(err)
	}
	for _, want := range []string{"cancel: What happens to a caller", "cannot: its Token takes no context", "not measured"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &out)
		}
	}
	if !strings.Contains(fmt.Sprint(&progress), "cancel: ") {
		t.Error("there was no progress")
	}
}
