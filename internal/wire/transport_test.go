package wire

import (
	"crypto/tls"
	"testing"
)

func TestOwnTransportIsHardened(t *testing.T) {
	c := New(nil, 0)
	if c.own.Proxy != nil {
		t.Error("it asks for a proxy")
	}
	if c.own.TLSClientConfig.MinVersion < tls.VersionTLS12 || c.own.TLSClientConfig.InsecureSkipVerify {
		t.Error("it is content with poor TLS")
	}
	if c.own.MaxResponseHeaderBytes == 0 || c.own.TLSHandshakeTimeout == 0 || c.own.IdleConnTimeout == 0 {
		t.Error("something of it has no limit")
	}
	if c.own.Protocols.HTTP2() || c.own.MaxIdleConnsPerHost < 64 {
		t.Error("many requests share one connection, or connections are not kept")
	}
	if !c.own.DisableCompression {
		t.Error("it takes compressed answers")
	}
	if c.own == New(nil, 0).own {
		t.Error("two clients share a transport")
	}
}
