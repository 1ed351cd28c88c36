// Package local is what stores have in common whose records only this process writes:
// a [Feed] that wakes their watchers, and an [Owner] who keeps two Managers apart.
package local
