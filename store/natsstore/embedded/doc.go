// Package embedded runs a NATS server.
package embedded
