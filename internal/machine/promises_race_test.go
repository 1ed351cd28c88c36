//go:build race

package machine

// promiseHistories is how many histories TestPromises plays: the race detector
// makes each of them ten times as slow.
const promiseHistories = 10_000
