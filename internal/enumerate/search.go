package enumerate

// Search is a Walk that stops, after a level, as soon as enough has been found. What is
// looked up at the end of a Walk is not looked up then.
func Search(w World, enough func(*Result) bool) Result { return newWalk(w, nil).result(enough) }
