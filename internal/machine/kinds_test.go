package machine

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// update is for those who have changed what happens: read the difference line by line.
var update = flag.Bool("update", false, "write testdata/kinds")

// kind is a kind of package sessions, as the machine knows it.
type kind struct {
	name  string // of its file in testdata/kinds
	rules Rules
}

// What a Static session, or a Persistent one, was given.
var (
	givenPair    = token("tok0", "ref0", noon, time.Hour)
	givenToken   = token("tok0", "", noon, time.Hour)
	givenForever = token("tok0", "", time.Time{}, 0)
)

// kinds are the kinds, each with all that changes its rules. The first line of each
// kind's file has its rules in words; package sessions compares it with what the kind
// makes, so this list and the kinds stay the same (sessions.TestRulesOfEveryKind).
var kinds = []kind{
	{"anonymous", Rules{Revocable: true, Exchanging: OwnToken}},
	{"anonymous_without_revocation", Rules{Exchanging: OwnToken}},
	{"client_credentials", Rules{Revocable: true, Exchanging: ByRequest}},
	{"client_credentials_without_revocation", Rules{Exchanging: ByRequest}},
	{"client_token", Rules{}},
	{"client_token_with_revocation", Rules{Revocable: true}},
	{"jwt_bearer", Rules{Revocable: true, Exchanging: ByRequest}},
	{"persistent", Rules{OneTime: true, Human: true, Revocable: true, Exchanging: ByRequest, Given: givenPair}},
	{"persistent_without_revocation", Rules{OneTime: true, Human: true, Exchanging: ByRequest, Given: givenPair}},
	{"persistent_stored", Rules{OneTime: true, Human: true, Revocable: true, Exchanging: ByRequest}},
	{"persistent_renewal_revokes", Rules{OneTime: true, Human: true, RenewalRevokes: true, Revocable: true, Exchanging: ByRequest, Given: givenPair}},
	{"persistent_reuse_grace", Rules{OneTime: true, Human: true, ReuseGrace: time.Minute, Revocable: true, Exchanging: ByRequest, Given: givenPair}},
	{"authorization", Rules{OneTime: true, Human: true, Unborn: true, Proofs: true, Forgets: true}},
	{"static", Rules{Human: true, Revocable: true, Exchanging: ByRequest, Given: givenToken}},
	{"static_without_expiry", Rules{Human: true, Revocable: true, Exchanging: ByRequest, Given: givenForever}},
	{"static_without_endpoint", Rules{Human: true, Given: givenToken}},
	{"keep_alive_client_credentials", Rules{KeepAlive: true, Revocable: true, Exchanging: ByRequest}},
	{"keep_alive_persistent", Rules{OneTime: true, Human: true, KeepAlive: true, Revocable: true, Exchanging: ByRequest, Given: givenPair}},
	{"keep_alive_persistent_renewal_revokes", Rules{OneTime: true, Human: true, KeepAlive: true, RenewalRevokes: true, Revocable: true, Exchanging: ByRequest, Given: givenPair}},
	{"keep_alive_authorization", Rules{OneTime: true, Human: true, Unborn: true, KeepAlive: true, Proofs: true, Forgets: true}},
}

// The stories tell of each kind what each event does in each state, or why it cannot
// occur there. They are compared with the kind's file, and every step is held to what
// the kind promises.
func TestEveryPairOfStateAndEventIsToldByAStory(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			told := map[pairing]bool{}
			text := k.tell(t, Traits{}, told)
			k.covers(t, told)
			k.compare(t, text)
		})
	}
}

// With other processes there are claims, and the store is looked at more often:
// the promises are the same.
func TestEveryKindKeepsItsPromisesBetweenProcesses(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) { k.tell(t, betweenP, map[pairing]bool{}) })
	}
}

func TestEveryFileOfKindsIsOfAKind(t *testing.T) {
	files, err := filepath.Glob("testdata/kinds/*.txt")
	if err != nil || len(files) != len(kinds) {
		t.Errorf("%d files, %v; want %d", len(files), err, len(kinds))
	}
}

func (k kind) compare(t *testing.T, text string) {
	t.Helper()
	file := filepath.Join("testdata", "kinds", k.name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text); diff != "" {
		t.Errorf("the table is another (-want +got; -update writes it):\n%s", diff)
	}
}

// tell returns the table of a kind, and notes which pairs its stories have reached.
func (k kind) tell(t *testing.T, store Traits, told map[pairing]bool) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", inWords(k.rules))
	for _, part := range table {
		var lines []string
		for _, w := range part.ways {
			if s := k.story(t, store, w, part.row, told); s != "" {
				lines = append(lines, s)
			}
		}
		if len(lines) > 0 {
			fmt.Fprintf(&b, "\n%s\n%s", part.row.name, strings.Join(lines, ""))
		}
	}
	k.tellImpossible(&b)
	return b.String()
}

// inWords lists the rules that are not zero. Of the token that was given, it says nothing.
func inWords(r Rules) string {
	words := []string{"rules:"}
	v := reflect.ValueOf(r)
	for i := range v.NumField() {
		switch name, field := v.Type().Field(i).Name, v.Field(i); {
		case field.IsZero() || name == "Identity":
		case field.Kind() == reflect.Bool || name == "Given":
			words = append(words, name)
		default:
			words = append(words, fmt.Sprintf("%s=%v", name, field))
		}
	}
	return strings.Join(words, " ")
}

// story is one line: what a row's event does in the situation that a way leads to;
// empty if that way is not one of the kind's.
func (k kind) story(t *testing.T, store Traits, w way, r row, told map[pairing]bool) string {
	t.Helper()
	if w.of != nil && !w.of(&k.rules) {
		return ""
	}
	s := newStory(t, k.rules, store, Settings{Retries: -1})
	s.watch = newWatch(t, fmt.Sprintf("%s, %s, %s", k.name, w.name, r.name), &k.rules, told)
	w.enter(s).since()
	if got := s.cur.state(s.now); got != w.state {
		t.Errorf("%s, %s is %s", k.name, w.name, got)
	}
	s.terse, s.watch.row = true, r.name
	r.act(s)
	s.watch.ended(s)
	return fmt.Sprintf("  %-10s %s\n", w.name, s.lines[len(s.lines)-1].text)
}

// covers holds the pairs that were told against those that can occur.
func (k kind) covers(t *testing.T, told map[pairing]bool) {
	t.Helper()
	for _, state := range states {
		for _, what := range happenings {
			pair := pairing{state, what}
			switch why := impossible(&k.rules, pair); {
			case why != "" && told[pair]:
				t.Errorf("%s, %s, %s: cannot occur (%s), and does", k.name, state, what, why)
			case why == "" && !told[pair]:
				t.Errorf("%s, %s, %s: no story tells of it", k.name, state, what)
			}
		}
	}
}

// tellImpossible lists what cannot occur, and why.
func (k kind) tellImpossible(b *strings.Builder) {
	var whys []string
	pairs := map[string][]string{}
	for _, what := range happenings {
		by := map[string][]string{}
		for _, state := range states {
			if why := impossible(&k.rules, pairing{state, what}); why != "" {
				by[why] = append(by[why], state.String())
			}
			if why := impossible(&k.rules, pairing{state, what}); why != "" && !slices.Contains(whys, why) {
				whys = append(whys, why)
			}
		}
		for why, in := range by {
			pairs[why] = append(pairs[why], fmt.Sprintf("%s in %s", what, strings.Join(in, ", ")))
		}
	}
	if len(whys) > 0 {
		fmt.Fprint(b, "\ncannot occur\n")
	}
	for _, why := range whys {
		fmt.Fprintf(b, "  %s:\n    %s\n", why, strings.Join(pairs[why], "\n    "))
	}
}
