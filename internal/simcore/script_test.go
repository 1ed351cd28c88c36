package simcore

import (
	"strings"
	"testing"
)

func TestScriptThatNobodyCanPlayIsAnErrorThatSaysWhy(t *testing.T) {
	const terms = `"Terms":{"Processes":1,"Kinds":["persistent"],"Life":60000000000}`
	for text, want := range map[string]string{
		`{`:                         "unexpected EOF",
		`{"Storm":1}`:               `unknown field "Storm"`,
		`{"Terms":{"Life":1}}`:      "0 processes; there may be 1 to 4",
		`{"Terms":{"Processes":5}}`: "5 processes; there may be 1 to 4",
		`{"Terms":{"Processes":1}}`: "no session",
		`{"Terms":{"Processes":1,"Kinds":["persistent"]}}`:                 "a life of 0s",
		`{"Terms":{"Processes":1,"Kinds":["typhoon"],"Life":60000000000}}`: `unknown kind "typhoon"; there are: anonymous`,
		`{` + terms + `,"Weather":{"typhoon":1}}`:                          `unknown fault "typhoon"; there are: slow`,
		`{` + terms + `,"Strikes":[{"Fault":"typhoon"}]}`:                  `unknown fault "typhoon"`,
		`{` + terms + `,"Events":[{"Request":"typhoon"}]}`:                 `unknown request "typhoon"; there are: get`,
		`{` + terms + `,"Events":[{"Aim":"typhoon"}]}`:                     `unknown aim "typhoon"`,
		`{` + terms + `,"Events":[{"Process":1}]}`:                         "event 0 is for process 1, and there are 1",
		`{` + terms + `,"Events":[{"Session":-1}]}`:                        "event 0 is for session -1, and there are 1",
		`{` + terms + `,"Events":[{"At":5},{"At":4}]}`:                     "event 1 is not after the one before it",
	} {
		if _, err := ReadScript(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// What strikes can be drawn or said: the history is the same.
func TestStrikesAreTheWeatherSpelledOut(t *testing.T) {
	w, s := NewWorld(), new(Script)
	struck := 0
	for seed := range uint64(50) {
		Storm(seed, All(), s)
		_, story := w.tell(s)
		hash := w.Hash()
		s.Weather, s.Strikes = Weather{}, story.struck
		struck += len(s.Strikes)
		if w.Play(s); w.Hash() != hash {
			t.Errorf("seed %d plays otherwise", seed)
		}
	}
	if struck == 0 {
		t.Error("nothing has struck")
	}
}
