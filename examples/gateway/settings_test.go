package main

import (
	"strings"
	"testing"
	"time"
)

const everyKind = "persistent,keep-alive,exchange,static,client-credentials,anonymous,client-token,jwt-bearer,private-key-jwt,spatium,caspio"

func TestFlagsHaveTheirDefaults(t *testing.T) {
	s, err := parse(nil, &strings.Builder{})
	if err != nil {
		t.Fatal(err)
	}
	if s.duration != 20*time.Second || s.callers != 2000 || s.tenants != 100 || s.lifetime != 4*time.Second || !s.faults {
		t.Errorf("settings are %+v", s)
	}
	if got, want := kindNames(s.kinds), everyKind; got != want {
		t.Errorf("kinds are %s, want %s", got, want)
	}
}

func TestWrongFlagsAreNamed(t *testing.T) {
	for _, test := range []struct{ flags, want string }{
		{"-store redis", "-store: this is no store that is known here; it may be memory, bolt:FILE, "},
		{"-store postgress://me:hunter2@db", "-store: this is no store"},
		{"-store bolt:", "bolt: needs the path of a file"},
		{"-state world", "give a -store other than memory"},
		{"-kinds persistent,dynamic", `"dynamic" is none of persistent,keep-alive`},
		{"-lifetime 2s", "-lifetime must be"},
		{"-lifetime 4500ms", "-lifetime must be"},
		{"-duration 0s", "-duration must be"},
		{"-callers 0", "-callers must be"},
		{"-tenants -1", "-tenants must be"},
		{"-pause -1s", "-pause must not"},
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

func TestKindsAreChosen(t *testing.T) {
	s, err := parse([]string{"-kinds", "client-credentials, persistent"}, &strings.Builder{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := kindNames(s.kinds), "client-credentials,persistent"; got != want {
		t.Errorf("kinds are %s, want %s", got, want)
	}
}
