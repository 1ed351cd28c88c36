//go:build !race

package machine

// promiseHistories is how many histories TestPromises plays.
const promiseHistories = 100_000
