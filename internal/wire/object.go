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
	var raw map[string]json.RawMessage
	err := json.Unmarshal(body, &raw)
	if _, ok := errors.AsType[*json.SyntaxError](err); ok {
		return nil, whyNotValid(body)
	}
	if err != nil || raw == nil {
		return nil, isNotObject
	}
	if len(raw) != members(body) {
		return nil, repeatsNames
	}
	o := make(object, len(raw))
	for name, value := range raw {
		read, err := readValue(value)
		if err != nil {
			return nil, isNotJSON
		}
		o[name] = read
	}
	return o, ""
}

// members counts the members of a valid object: the colons in it that are neither in a
// string nor in a value.
func members(body []byte) (n int) {
	depth, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++ // a quote after it is no end
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{', c == '[':
			depth++
		case c == '}', c == ']':
			depth--
		case c == ':' && depth == 1:
			n++
		}
	}
	return n
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

// whyNotValid says what is wrong with a body that is not JSON.
func whyNotValid(body []byte) flaw {
	var whole json.RawMessage
	switch err := json.NewDecoder(bytes.NewReader(body)).Decode(&whole); {
	case errors.Is(err, io.EOF):
		return isEmpty
	case errors.Is(err, io.ErrUnexpectedEOF):
		return isCutShort
	}
	return isNotJSON
}

// readValue reads a value that is valid JSON; an object stays as it is.
func readValue(raw json.RawMessage) (value any, err error) {
	switch raw[0] {
	case '{':
		return raw, nil
	case '"':
		var text string
		err = json.Unmarshal(raw, &text)
		return text, err
	case '[':
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		err = d.Decode(&value)
		return value, err
	case 't', 'f', 'n':
		err = json.Unmarshal(raw, &value)
		return value, err
	}
	return json.Number(raw), nil
}
