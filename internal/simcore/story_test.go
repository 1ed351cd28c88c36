package simcore

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/internal/machine"
)

// unlucky is the story of a Get whose only request brings a 5xx.
func unlucky(t *testing.T) *Story {
	t.Helper()
	w := NewWorld()
	w.forge = func(l *look) {
		if d, ok := l.ev.(machine.Done); ok && d.Leaf == l.flight.number && l.flight.effect != nil {
			if _, failed := d.Outcome.(machine.Failed); failed {
				w.breaks("no failure", "it is one")
			}
		}
	}
	s := &Script{
		Terms:  Terms{Processes: 1, Kinds: []string{"client_credentials"}, Life: time.Hour},
		Events: []Event{{Request: Get}},
	}
	s.Weather[Broken] = 1000
	v, story := w.tell(s)
	if v == nil {
		t.Fatal("no promise is broken")
	}
	return story
}

func TestStoryEndsWithTheBrokenPromise(t *testing.T) {
	const want = `
0s             p0               starts
0s             callers > p0 s0  get
0s             p0 s0            1 asks Get: Empty -> Acquiring
0s             p0 s0 > store    leaf 1: Load
1ms            store            leaf 1 of p0 s0: NotFound
2ms            store > p0 s0    leaf 1: NotFound
2ms            p0 s0 > server   leaf 3: Mint, broken strikes
3ms            server           leaf 3 of p0 s0: Failed: endpoint answered 504
4ms            p0 s0            leaf 3: Failed: endpoint answered 504
4ms            all              BROKEN: no failure: it is one
`
	if diff := cmp.Diff(want, "\n"+unlucky(t).String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDiagramIsOfTheSameStory(t *testing.T) {
	const want = `
sequenceDiagram
    participant callers as callers
    participant p0s0 as p0 s0
    participant store as store
    participant server as server
    Note over p0s0: 0s starts
    callers->>p0s0: 0s get
    Note over p0s0: 0s 1 asks Get: Empty -> Acquiring
    p0s0->>store: 0s leaf 1: Load
    Note over store: 1ms leaf 1 of p0 s0: NotFound
    store->>p0s0: 2ms leaf 1: NotFound
    p0s0->>server: 2ms leaf 3: Mint, broken strikes
    Note over server: 3ms leaf 3 of p0 s0: Failed: endpoint answered 504
    Note over p0s0: 4ms leaf 3: Failed: endpoint answered 504
    Note over callers,server: 4ms BROKEN: no failure: it is one
`
	if diff := cmp.Diff(want, "\n"+unlucky(t).Mermaid()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// sentences are what a sequence diagram may consist of, as far as we use it.
var sentences = regexp.MustCompile(`^(sequenceDiagram|    (participant \w+ as [\w ]+|\w+->>\w+: [^;#]+|Note over \w+(,\w+)?: [^;#]+))$`)

func TestDiagramOfAnyStormIsOne(t *testing.T) {
	for seed := range uint64(20) {
		_, story := told(seed)
		for line := range strings.Lines(story.Mermaid()) {
			if !sentences.MatchString(strings.TrimSuffix(line, "\n")) {
				t.Fatalf("seed %d: %q", seed, line)
			}
		}
	}
}

func TestDiagramHasNoTextThatEndsASentence(t *testing.T) {
	story := unlucky(t)
	story.lines = append(story.lines, scene{from: callers, to: theStore, text: "one; two #3\nfour %%five"})
	got := story.Mermaid()
	if want := "    callers->>store: 0s one, two no. 3 four %five\n"; !strings.HasSuffix(got, want) {
		t.Errorf("it ends in %q", got[len(got)-len(want):])
	}
}
