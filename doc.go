// Package holdfast is the root of the module; there is nothing to import in it.
//
// Begin with [github.com/holdfast-go/holdfast/sessions], the front door. The words
// that travel are in package messages, the clocks in package clockutil, and the
// contract of a store in package store. Package simulate is for the tests of your own
// code.
package holdfast
