package authserver

import "time"

// unwritten is what the books do not have yet, by name. The store's mu guards it.
type unwritten struct{ families, tokens map[string]bool }

func newUnwritten() unwritten { return unwritten{map[string]bool{}, map[string]bool{}} }

// changed and tokenChanged note what has to be written, or is not there any more.
func (s *store) changed(id string) {
	if s.books != nil {
		s.unwritten.families[id] = true
	}
}

func (s *store) tokenChanged(token string) {
	if s.books != nil {
		s.unwritten.tokens[token] = true
	}
}

// keep writes what has changed. What cannot be written is tried again with the next
// change.
func (s *store) keep() error {
	if s.books == nil || len(s.unwritten.families)+len(s.unwritten.tokens) == 0 {
		return nil
	}
	families, tokens := map[string]*bookedFamily{}, map[string]*bookedToken{}
	for id := range s.unwritten.families {
		families[id] = s.families[id].booked()
	}
	for token := range s.unwritten.tokens {
		tokens[token] = s.refresh[token].booked()
	}
	if err := s.books.write(families, tokens); err != nil {
		return err
	}
	s.unwritten = newUnwritten()
	return nil
}

// booked is the family as it is written; nil: it is not there.
func (f *family) booked() *bookedFamily {
	if f == nil {
		return nil
	}
	b := &bookedFamily{Grant: f.grant, Generation: f.generation, Revoked: f.revoked, Until: f.until}
	if f.parent != nil {
		b.Parent = f.parent.grant.ID
	}
	return b
}

func (t *refreshToken) booked() *bookedToken {
	if t == nil {
		return nil
	}
	return &bookedToken{Family: t.family.grant.ID, Spent: t.spent, Expiry: t.expiry}
}

// recollect takes up what the books have.
func (s *store) recollect() error {
	families, tokens, err := s.books.read()
	if err != nil {
		return err
	}
	for id, b := range families {
		s.families[id] = &family{grant: b.Grant, generation: b.Generation, revoked: b.Revoked, until: b.Until}
	}
	for id, b := range families {
		f := s.families[id]
		f.parent = s.families[b.Parent]
		f.revoked = f.revoked || b.Parent != "" && f.parent == nil
		s.expiries.add(f.until, func() time.Time { return s.drop(f) })
	}
	for token, b := range tokens {
		if f, ok := s.families[b.Family]; ok {
			s.refresh[token] = &refreshToken{family: f, spent: b.Spent, expiry: b.Expiry}
			s.expiries.add(b.Expiry, func() time.Time { return s.dropToken(token) })
		}
	}
	return nil
}
