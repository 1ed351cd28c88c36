package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// process is a worker as the program sees it.
type process struct {
	name    string
	cmd     *exec.Cmd
	in      io.WriteCloser
	hears   *json.Encoder
	running sync.WaitGroup // the goroutine that listens

	mu     sync.Mutex // guards the fields below
	words  map[heard]word
	wakes  chan struct{} // closed with each new word
	count  word          // the newest
	isGone bool          // it says nothing any more
}

// heard is which word it is.
type heard struct {
	say say
	key string
}

// startWorker starts this program once more, and gives it its order.
func startWorker(o order) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{name: o.Name, cmd: exec.Command(self), words: map[heard]word{}, wakes: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), workerEnv+"=1")
	p.cmd.Stderr = os.Stderr
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", o.Name, err)
	}
	p.hears = json.NewEncoder(p.in)
	p.running.Go(func() { p.listen(out) })
	if err := p.hears.Encode(o); err != nil {
		p.kill()
		return nil, fmt.Errorf("start %s: %w", o.Name, err)
	}
	return p, nil
}

// listen keeps what the worker says.
func (p *process) listen(out io.Reader) {
	says := json.NewDecoder(out)
	for {
		var w word
		err := says.Decode(&w)
		p.mu.Lock()
		if err != nil {
			p.isGone = true
		} else {
			p.keep(w)
		}
		close(p.wakes)
		p.wakes = make(chan struct{})
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (p *process) keep(w word) {
	if w.Say == count {
		p.count = w
		return
	}
	p.words[heard{w.Say, w.Key}] = w
}

// tell tells the worker what to do. One that has gone is not told.
func (p *process) tell(what do, key string) { _ = p.hears.Encode(command{Do: what, Key: key}) }

// errGone is that of a worker that has ended, or was killed.
var errGone = errors.New("the worker has gone")

// expect waits for a word of the worker.
func (p *process) expect(what say, key string, within time.Duration) (word, error) {
	late := time.NewTimer(within)
	defer late.Stop()
	for {
		p.mu.Lock()
		w, ok := p.words[heard{what, key}]
		bad, hasFailed := p.words[heard{failed, ""}]
		isGone, wakes := p.isGone, p.wakes
		p.mu.Unlock()
		switch {
		case ok:
			return w, nil
		case hasFailed:
			return word{}, fmt.Errorf("%s: %s", p.name, bad.Error)
		case isGone:
			return word{}, fmt.Errorf("%s: %w", p.name, errGone)
		}
		select {
		case <-wakes:
		case <-late.C:
			return word{}, fmt.Errorf("%s has not said %q within %v", p.name, what, within)
		}
	}
}

// counted returns what the worker has counted so far.
func (p *process) counted() word {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

// kill ends the worker as kill -9 does, and returns when it has ended.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	p.wait()
}

// wait returns when the worker has ended.
func (p *process) wait() {
	p.running.Wait() // before Wait, which closes what it reads
	_ = p.in.Close()
	_ = p.cmd.Wait()
}
