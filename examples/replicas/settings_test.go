package main

import (
	"strings"
	"testing"
	"time"
)

func TestFlagsHaveTheirDefaults(t *testing.T) {
	s, err := parse(nil, &strings.Builder{})
	if err != nil {
		t.Fatal(err)
	}
	if s.duration != 30*time.Second || s.sessions != 100 || s.lifetime != 6*time.Second || s.grace != 0 || s.store.String() != embeddedNATS {
		t.Errorf("settings are %+v", s)
	}
}

func TestWrongFlagsAreNamed(t *testing.T) {
	for _, test := range []struct{ flags, want string }{
		{"-store memory", "the workers are several processes, and memory is for one"},
		{"-store bolt:sessions.db", "the workers are several processes, and bolt:sessions.db is for one"},
		{"-store postgress://me:hunter2@db", "-store: this is no store"},
		{"-duration 2s", "-duration must be"},
		{"-sessions 9", "-sessions must be 10 or more"},
		{"-lifetime 4s", "-lifetime must be"},
		{"-lifetime 5500ms", "-lifetime must be"},
		{"-grace 1s", "-grace must be"},
		{"-grace -1s", "-grace must be"},
		{"loud", `"loud" is no flag`},
		{"-loud", "-loud"},
	} {
		var said strings.Builder
		if _, err := parse(strings.Fields(test.flags), &said); err == nil {
			t.Errorf("%s: no error", test.flags)
		}
		if !strings.Contains(said.String(), test.want) || strings.Contains(said.String(), "hunter2") {
			t.Errorf("%s: says %q, want %q", test.flags, said.String(), test.want)
		}
	}
}
