package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// Member is a member of a JSON body: a text or, where List is not nil, a list of
// texts. They may be secrets, so only its Name is ever printed.
type Member struct {
	Name, Text string
	List       []string
}

// Format writes the name, whatever the verb.
func (m Member) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, m.Name) }

// MarshalText returns the name.
func (m Member) MarshalText() ([]byte, error) { return []byte(m.Name), nil }

func (m Member) texts() []string {
	if m.List != nil {
		return m.List
	}
	return []string{m.Text}
}

// encodeJSON encodes the members as a JSON object, in their order.
func encodeJSON(members []Member) string {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range members {
		if i > 0 {
			b.WriteByte(',')
		}
		var value any = m.Text
		if m.List != nil {
			value = m.List
		}
		for j, part := range []any{m.Name, value} {
			if j > 0 {
				b.WriteByte(':')
			}
			text, err := json.Marshal(part)
			if err != nil {
				panic("BUG: a text cannot be encoded")
			}
			b.Write(text)
		}
	}
	b.WriteByte('}')
	return b.String()
}
