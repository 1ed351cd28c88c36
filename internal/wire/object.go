package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// object has the members of a JSON object. Numbers are of type json.Number, objects
// are json.RawMessages that inside has not read yet, and a member that is null is as
// good as absent.
type object map[string]any

// flaw says in our own words why an answer cannot be used; empty: it can.
type flaw string

const (
	isEmpty      flaw = "answer is empty"
	isNotJSON    flaw = "answer is not JSON"
	isNotObject  flaw = "answer is not a JSON object"
	isCutShort   flaw = "answer is cut short"
	isTooLarge   flaw = "answer is too large"
	repeatsNames flaw = "answer repeats a member"
)

// readObject reads a body that is one JSON object and nothing more. A name that
// stands there twice is refused: two readers would believe different things.
func readObject(body []byte) (object, flaw) {
	whole, bad := readValue(body)
	if bad != "" {
		return nil, bad
	}
	d := json.NewDecoder(bytes.NewReader(whole))
	d.UseNumber()
	if first, _ := d.Token(); first != json.Delim('{') {
		return nil, isNotObject
	}
	o := object{}
	for d.More() {
		name, value, err := readMember(d)
		if err != nil {
			return nil, isNotJSON
		}
		if _, twice := o[name]; twice {
			return nil, repeatsNames
		}
		o[name] = value
	}
	return o, ""
}

// inside reads an object that is a member of o; nil, and no flaw: there is none.
func (o object) inside(name string) (object, flaw) {
	if o[name] == nil {
		return nil, ""
	}
	raw, ok := o[name].(json.RawMessage)
	if !ok {
		return nil, flaw(name + " is not an object")
	}
	return readObject(raw)
}

// readValue looks at the grammar of the whole body, which a decoder that is asked
// for one token after the other does not.
func readValue(body []byte) (json.RawMessage, flaw) {
	var whole json.RawMessage
	d := json.NewDecoder(bytes.NewReader(body))
	switch err := d.Decode(&whole); {
	case errors.Is(err, io.EOF):
		return nil, isEmpty
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, isCutShort
	case err != nil:
		return nil, isNotJSON
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, isNotJSON
	}
	return whole, ""
}

func readMember(d *json.Decoder) (name string, value any, err error) {
	token, err := d.Token()
	if err != nil {
		return "", nil, err
	}
	name, _ = token.(string)
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil || bytes.HasPrefix(raw, []byte("{")) {
		return name, raw, err
	}
	v := json.NewDecoder(bytes.NewReader(raw))
	v.UseNumber()
	err = v.Decode(&value)
	return name, value, err
}
