package main

// storeGoals are the goals of every store.
func storeGoals() []goal {
	var all []goal
	for _, one := range shelves() {
		if one.driver != "" {
			all = append(all, one.speedGoals()...)
		}
		if one.alone == "" {
			all = append(all, goal{
				scenario: "stores", what: one.name + ": p99 to another process's hot path over the server's own notice", bound: 3, unit: times,
				of: quotient("stores", "notice", "p99", one.name, one.tells),
			})
		}
		if one.name != memoryStore {
			all = append(all, goal{
				scenario: "stores", what: one.name + ": the hot path over that with memory", bound: 1.1, unit: times,
				of: quotient("stores", "hot", "time", one.name, memoryStore),
			})
		}
		all = append(all, goal{
			scenario: "stores", what: one.name + ": Swaps a renewal", bound: 2,
			of: worst("stores", []string{"writes"}, one.name, "Swaps"),
		})
	}
	return all
}

// speedGoals compare a store with the client beside it that does the same.
func (s shelf) speedGoals() []goal {
	var all []goal
	for _, callers := range []string{"1", "32"} {
		for _, what := range []string{"Swap", "Load"} {
			all = append(all, goal{
				scenario: "stores", what: s.name + ": " + what + " over " + s.driver + ", callers: " + callers, bound: 1.3, unit: times,
				of: quotient("stores", callers, what, s.name, s.same()),
			})
		}
	}
	return all
}
