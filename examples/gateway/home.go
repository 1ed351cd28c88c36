package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	mathrand "math/rand/v2"
	"net"
	"os"
	"path/filepath"
)

// home is what stays the same of a world from run to run: where its services listen,
// what they sign with and which secrets they know. With -state it is in a folder, next
// to the books of the authorization server, and without it ends with the run.
type home struct {
	dir   string // empty: none
	isNew bool   // nothing of it is written yet
	facts facts

	auth, fakes net.Listener // where the services are to listen
	key         *ecdsa.PrivateKey
	spatiumKey  *rsa.PrivateKey
}

// facts are the file of a home. Who has it can use the clients of the demo.
type facts struct {
	Program    string `json:"program"`
	World      string `json:"world"`       // its name, in the keys of its sessions
	Store      string `json:"store"`       // where its sessions are
	Auth       string `json:"auth"`        // the address of the authorization server
	Fakes      string `json:"fakes"`       // and that of the fakes
	Key        []byte `json:"key"`         // of the gateway's assertions, PKCS #8
	SpatiumKey []byte `json:"spatium_key"` // PKCS #8
	Seed       string `json:"seed"`        // of all secrets
}

const (
	// factsFile is the file of the facts.
	factsFile = "world.json"

	// program says whose the file is, and of which version.
	program = "holdfast examples/gateway 1"
)

// openHome takes up the home that is in a folder, or begins one: settle writes it. Its
// error says what to do, and what is there is as it was.
func openHome(s settings) (h *home, err error) {
	h = &home{dir: s.state, isNew: true}
	if h.dir != "" {
		isThere, err := h.read()
		if err != nil {
			return nil, fmt.Errorf("-state %s: %w", h.dir, err)
		}
		h.isNew = !isThere
	}
	switch {
	case h.isNew:
		err = h.found(s)
	case h.facts.Store != s.store.String():
		err = fmt.Errorf("-state %s: the sessions of this world are in %s; give that -store, or another -state", h.dir, h.facts.Store)
	}
	if err == nil {
		err = h.moveIn()
	}
	if err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

// read reads the facts, and reports whether there are any. A folder that is not there
// is made.
func (h *home) read() (isThere bool, err error) {
	switch info, err := os.Stat(h.dir); {
	case errors.Is(err, fs.ErrNotExist):
		if err := os.Mkdir(h.dir, 0o700); err != nil {
			return false, fmt.Errorf("it cannot be made (%w); give a folder in one that is there", err)
		}
		return false, nil
	case err != nil:
		return false, err
	case !info.IsDir():
		return false, errors.New("it is a file; give a folder, which need not be there yet")
	}
	text, err := os.ReadFile(h.path(factsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, h.mustBeEmpty()
	}
	if err != nil {
		return false, err
	}
	if err := json.Unmarshal(text, &h.facts); err != nil || h.facts.Program != program {
		return false, fmt.Errorf("its %s is not of %s; give another folder", factsFile, program)
	}
	return true, nil
}

// mustBeEmpty spares a folder that has something else in it.
func (h *home) mustBeEmpty() error {
	found, err := os.ReadDir(h.dir)
	if err == nil && len(found) > 0 {
		err = fmt.Errorf("it has something else in it (%s); give a folder that is empty or not there yet", found[0].Name())
	}
	return err
}

// found makes the facts of a new home.
func (h *home) found(s settings) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	spatiumKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	h.facts = facts{Program: program, World: rand.Text()[:8], Store: s.store.String(), Seed: rand.Text()}
	if h.facts.Key, err = x509.MarshalPKCS8PrivateKey(key); err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	if h.facts.SpatiumKey, err = x509.MarshalPKCS8PrivateKey(spatiumKey); err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	return nil
}

// moveIn takes the addresses and the keys.
func (h *home) moveIn() (err error) {
	if h.auth, err = h.listen(&h.facts.Auth); err != nil {
		return err
	}
	if h.fakes, err = h.listen(&h.facts.Fakes); err != nil {
		return err
	}
	if h.key, err = parseKey[*ecdsa.PrivateKey](h.facts.Key); err != nil {
		return fmt.Errorf("-state %s: %w", h.dir, err)
	}
	if h.spatiumKey, err = parseKey[*rsa.PrivateKey](h.facts.SpatiumKey); err != nil {
		return fmt.Errorf("-state %s: %w", h.dir, err)
	}
	return nil
}

func parseKey[K crypto.PrivateKey](text []byte) (key K, err error) {
	found, err := x509.ParsePKCS8PrivateKey(text)
	if err != nil {
		return key, fmt.Errorf("a key of %s cannot be read (%w); give another folder", factsFile, err)
	}
	key, ok := found.(K)
	if !ok {
		return key, fmt.Errorf("a key of %s is of another kind; give another folder", factsFile)
	}
	return key, nil
}

// listen listens at an address that the home has had before, or at one that it has from
// now on.
func (h *home) listen(address *string) (l net.Listener, err error) {
	switch {
	case *address != "":
		if l, err = net.Listen("tcp", *address); err != nil {
			return nil, fmt.Errorf("-state %s: its services were at %s, and cannot be again (%w); end what is there, such as another gateway, or give another folder",
				h.dir, *address, err)
		}
	case h.dir == "":
		l, err = net.Listen("tcp", "127.0.0.1:0")
	default:
		l, err = listenLow()
	}
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	*address = l.Addr().String()
	return l, nil
}

// listenLow listens at a port that no system gives to those who ask for any: it is
// likely to be free in the next run, too.
func listenLow() (l net.Listener, err error) {
	for range 100 {
		l, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20_000+mathrand.N(10_000)))
		if err == nil {
			return l, nil
		}
	}
	return nil, err
}

// settle writes the facts of a new home, whole or not at all. Who has been told that his
// store cannot be opened may give another one before.
func (h *home) settle() error {
	if h.dir == "" || !h.isNew {
		return nil
	}
	text, err := json.MarshalIndent(h.facts, "", "  ")
	if err != nil {
		return fmt.Errorf("-state %s: %w", h.dir, err)
	}
	fresh := h.path(factsFile + ".new")
	if err := os.WriteFile(fresh, text, 0o600); err != nil {
		return fmt.Errorf("-state: %w", err)
	}
	if err := os.Rename(fresh, h.path(factsFile)); err != nil {
		return fmt.Errorf("-state: %w", err)
	}
	return nil
}

// secret returns what belongs to a purpose and can be told by nothing else.
func (h *home) secret(purpose string) string {
	mac := hmac.New(sha256.New, []byte(h.facts.Seed))
	mac.Write([]byte(purpose)) // documented never to return an error
	return base32.StdEncoding.EncodeToString(mac.Sum(nil))[:26]
}

// path returns that of a file in the home; empty: there is no home.
func (h *home) path(name string) string {
	if h.dir == "" {
		return ""
	}
	return filepath.Join(h.dir, name)
}

// close gives the addresses back, if nobody has taken them.
func (h *home) close() {
	for _, l := range []net.Listener{h.auth, h.fakes} {
		if l != nil {
			_ = l.Close()
		}
	}
}
