package main

import "sync"

// buffers keeps the buffers in which answers are copied: the proxy would make one
// of 32 KiB for every answer.
var buffers = &bufferPool{pool: sync.Pool{New: func() any { return new([16 << 10]byte) }}}

// bufferPool implements httputil.BufferPool.
type bufferPool struct{ pool sync.Pool }

// Get returns a buffer.
func (p *bufferPool) Get() []byte { return p.pool.Get().(*[16 << 10]byte)[:] }

// Put takes a buffer back.
func (p *bufferPool) Put(b []byte) { p.pool.Put((*[16 << 10]byte)(b)) }
