package record_test

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/internal/record"
	"github.com/holdfast-go/holdfast/messages"
)

const canary = "canary-7f3a9"

func at(d time.Duration) time.Time {
	return time.Date(2026, 1, 1, 12, 0, 0, 123456789, time.UTC).Add(d)
}

func full() messages.Record {
	return messages.Record{
		Identity:   messages.DigestOf("identity"),
		Grant:      2,
		Generation: 300,
		Token: messages.Token{
			Access:        "at",
			Refresh:       "rt",
			Type:          "Bearer",
			Issued:        at(0),
			Expiry:        at(time.Hour),
			RefreshExpiry: at(24 * time.Hour),
			Scopes:        []string{"read", "", "write"},
			Extra:         map[string]string{"id_token": "it", "": "nameless", "a": ""},
		},
		Status: messages.Dead,
		Cause: messages.Failure{
			Verdict:    messages.GrantDenied,
			Reason:     "denied",
			Status:     400,
			Code:       "invalid_grant",
			Attempt:    3,
			RetryAfter: 1500 * time.Millisecond,
		},
		Doubted:  true,
		Written:  at(time.Minute),
		Claim:    messages.Claim{Owner: "web-1/8f", Number: 9, Length: 20 * time.Second, Doubt: true},
		Rejected: messages.DigestOf("rejected"),
		Renewer:  "web-1",
	}
}

func tombstone() messages.Record {
	return messages.Record{
		Identity:   messages.DigestOf("identity"),
		Grant:      2,
		Generation: 300,
		Status:     messages.Gone,
		Written:    at(time.Minute),
	}
}

func decode(t *testing.T, b []byte) messages.Record {
	t.Helper()
	r, err := record.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Records are compared with reflect, which tells nil from empty, UTC from other
// locations, and a monotonic reading from none.
func returns(t *testing.T, want messages.Record) {
	t.Helper()
	if got := decode(t, record.Encode(want)); !reflect.DeepEqual(want, got) {
		t.Errorf("a record came back changed (-want +got):\n%s", cmp.Diff(want, got))
	}
}

func TestRecordsComeBackUnchanged(t *testing.T) {
	returns(t, messages.Record{})
	returns(t, full())
	returns(t, tombstone())
}

// A field that is added to messages and forgotten here fails this test.
func TestEveryFieldComesBackOnItsOwn(t *testing.T) {
	fields := leaves(reflect.TypeFor[messages.Record](), nil)
	for _, path := range fields {
		var r messages.Record
		name := set(reflect.ValueOf(&r).Elem(), path)
		if reflect.DeepEqual(r, messages.Record{}) {
			t.Fatalf("%s was not set", name)
		}
		t.Run(name, func(t *testing.T) { returns(t, r) })
	}
	if len(fields) < 25 {
		t.Errorf("only %d fields were tried", len(fields))
	}
}

// leaves returns the index path of every field that is not a struct of ours.
func leaves(typ reflect.Type, path []int) [][]int {
	if typ.Kind() != reflect.Struct || typ == reflect.TypeFor[time.Time]() {
		return [][]int{path}
	}
	var all [][]int
	for i := range typ.NumField() {
		all = append(all, leaves(typ.Field(i).Type, append(slices.Clone(path), i))...)
	}
	return all
}

// set makes the field at path something other than zero and returns its name.
func set(v reflect.Value, path []int) string {
	name := v.Type().FieldByIndex(path).Name
	f := v.FieldByIndex(path)
	switch f.Interface().(type) {
	case time.Time:
		f.Set(reflect.ValueOf(at(0)))
	case messages.Digest:
		f.Set(reflect.ValueOf(messages.DigestOf("d")))
	case []string:
		f.Set(reflect.ValueOf([]string{"s"}))
	case map[string]string:
		f.Set(reflect.ValueOf(map[string]string{"k": "v"}))
	default:
		setNumber(f)
	}
	return name
}

func setNumber(f reflect.Value) {
	switch {
	case f.CanInt():
		f.SetInt(-1)
	case f.CanUint():
		f.SetUint(1)
	case f.Kind() == reflect.Bool:
		f.SetBool(true)
	default:
		f.SetString("s")
	}
}

func TestNoScopesDifferFromNoneGiven(t *testing.T) {
	returns(t, messages.Record{Token: messages.Token{Scopes: []string{}, Extra: map[string]string{}}})
	returns(t, messages.Record{Token: messages.Token{Scopes: nil, Extra: nil}})
}

func TestExtremeNumbersComeBack(t *testing.T) {
	r := full()
	r.Grant, r.Generation, r.Claim.Number = math.MaxUint64, math.MaxUint64, math.MaxUint64
	r.Claim.Length, r.Cause.RetryAfter = math.MinInt64, math.MaxInt64
	r.Cause.Status, r.Cause.Attempt = math.MinInt, math.MaxInt
	r.Written = time.Unix(math.MaxInt64, 999_999_999).UTC()
	r.Token.Issued = time.Unix(math.MinInt64, 0).UTC()
	r.Token.Expiry = time.Time{}.Add(1)
	returns(t, r)
}

func TestTimesAreStoredAsWallTimeInUTC(t *testing.T) {
	now := time.Now() // has a monotonic reading and a location
	r := decode(t, record.Encode(messages.Record{Written: now}))
	if want := now.Round(0).UTC(); r.Written != want {
		t.Errorf("read %#v, want %#v", r.Written, want)
	}
	if zero := decode(t, record.Encode(messages.Record{})).Written; !zero.IsZero() {
		t.Errorf("the zero time came back as %v", zero)
	}
}

func TestEqualRecordsHaveEqualBytes(t *testing.T) {
	first := record.Encode(full())
	for range 20 { // maps are walked in another order each time
		if diff := cmp.Diff(first, record.Encode(full())); diff != "" {
			t.Fatalf("two encodings of one record:\n%s", diff)
		}
	}
}

func TestTombstoneIsSmall(t *testing.T) {
	if n := len(record.Encode(tombstone())); n > 64 {
		t.Errorf("a tombstone has %d bytes", n)
	}
}

func TestDecodedRecordSharesNoMemory(t *testing.T) {
	b := record.Encode(full())
	got := decode(t, b)
	clear(b)
	if !reflect.DeepEqual(full(), got) {
		t.Error("the record changed with the bytes it was read from")
	}
}

func TestEveryCutIsRefused(t *testing.T) {
	b := record.Encode(full())
	for n := range b {
		if _, err := record.Decode(b[:n]); !errors.Is(err, record.ErrFormat) {
			t.Errorf("the first %d bytes of %d: error is %v", n, len(b), err)
		}
	}
}

// wrapped puts fields, of fewer than 128 bytes, into what stands around them.
func wrapped(fields string) string {
	return "hfr\x01" + string(rune(len(fields))) + fields
}

func TestOnlyWhatEncodeWritesIsAccepted(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"nothing", "", "not a record"},
		{"no version", "hfr", "not a record"},
		{"JSON", `{"access":"` + canary + `"}`, "not a record"},
		{"newer version", "hfr\x02" + canary, "version 2, this process reads version 1"},
		{"newer field", wrapped("\x0c\x01x"), "field 12 of a record is not known to this process"},
		{"newer field of the token", wrapped("\x06\x03\x09\x01x"), "field 9 of a token is not known to this process"},
		{"newer field of the cause", wrapped("\x07\x03\x07\x01x"), "field 7 of a cause is not known to this process"},
		{"newer field of the claim", wrapped("\x09\x03\x05\x01x"), "field 5 of a claim is not known to this process"},
		{"newer status", wrapped("\x04\x01\x04"), "a status or verdict is not known to this process"},
		{"newer verdict", wrapped("\x07\x03\x01\x01\x04"), "a status or verdict is not known to this process"},
		{"field without length", wrapped("\x0b"), "a length is damaged"},
		{"length beyond the end", wrapped("\x0b\x05" + "four"), "a length is damaged"},
		{"enormous length", wrapped("\x0b\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x"), "a length is damaged"},
		{"length without end", wrapped("\x0b" + strings.Repeat("\xff", 11)), "a length is damaged"},
		{"number without end", wrapped("\x02\x01\xff"), "a number is damaged"},
		{"short digest", wrapped("\x01\x02ab"), "a digest is damaged"},
		{"time without nanoseconds", wrapped("\x05\x01\x02"), "a number is damaged"},
		{"a second of nanoseconds", wrapped("\x05\x06\x02\x80\x94\xeb\xdc\x03"), "a time is damaged"},
		{"extra name without value", wrapped("\x06\x04\x08\x02\x01a"), "a length is damaged"},
		{"no length", "hfr\x01", "a length is damaged"},
		{"trailing byte", "hfr\x01\x00x", "the end is damaged"},
		{"overlong length of all", "hfr\x01\x80\x00", "not as it is written"},
		{"field zero", wrapped("\x00\x01x"), "field 0 of a record is not known to this process"},
		{"bytes behind a number", wrapped("\x02\x02\x05\x05"), "not as it is written"},
		{"overlong number", wrapped("\x02\x02\x85\x00"), "not as it is written"},
		{"overlong length", wrapped("\x0b\x81\x00x"), "not as it is written"},
		{"zero written out", wrapped("\x02\x01\x00"), "not as it is written"},
		{"empty token written out", wrapped("\x06\x00"), "not as it is written"},
		{"fields out of order", wrapped("\x03\x01\x05\x02\x01\x05"), "not as it is written"},
		{"field given twice", wrapped("\x02\x01\x05\x02\x01\x05"), "not as it is written"},
		{"extra out of order", wrapped("\x06\x0a\x08\x08\x01b\x01x\x01a\x01x"), "not as it is written"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := record.Decode([]byte(test.in))
			if !errors.Is(err, record.ErrFormat) {
				t.Fatalf("error is %v", err)
			}
			if diff := cmp.Diff("record: unknown format: "+test.want, err.Error()); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(record.Encode(messages.Record{}))
	f.Add(record.Encode(full()))
	f.Add(record.Encode(tombstone()))
	f.Fuzz(func(t *testing.T, in []byte) {
		r, err := record.Decode(in)
		if err != nil {
			if !errors.Is(err, record.ErrFormat) {
				t.Fatalf("error is %v", err)
			}
			return
		}
		if diff := cmp.Diff(in, record.Encode(r)); diff != "" {
			t.Fatalf("accepted, and encodes to other bytes:\n%s", diff)
		}
	})
}

// BenchmarkDecode asks what a Load pays for the strict comparison.
func BenchmarkDecode(b *testing.B) {
	in := record.Encode(full())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := record.Decode(in); err != nil {
			b.Fatal(err)
		}
	}
}
