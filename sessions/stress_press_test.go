package sessions_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/messages"
)

// atMost is how many tokens a press can make.
const atMost = 1 << 16

// press is the authorization server of one session. It numbers its tokens, writes
// onto each when it ends, and keeps the books of which have died.
type press struct {
	name    string // that no other press has
	clock   clockutil.Clock
	life    time.Duration
	pause   time.Duration // before each answer
	numbers atomic.Int64  // of tokens

	// A token of whose death its books say an earlier moment than that at which a call
	// began must not be what that call brings. Nothing but these moments is between
	// those who write the books and those who read them.
	moment atomic.Int64
	diedAt [atMost]atomic.Int64 // by number; zero: it has not

	mu   sync.Mutex // guards the field below, and who writes the books
	dead int64      // all tokens up to this one have died
}

// next returns one more token.
func (p *press) next() messages.Token {
	n, now := p.numbers.Add(1), p.clock.Now()
	end := now.Add(p.life)
	return messages.Token{
		Access:  messages.Secret(fmt.Sprintf("%saccess-%d-%d", canary, n, end.UnixNano())),
		Refresh: messages.Secret(fmt.Sprintf("%srefresh-%s-%d", canary, p.name, n)),
		Issued:  now,
		Expiry:  end,
	}
}

// read returns what is written on a token.
func (*press) read(at string) (number int64, end time.Time) {
	fields := strings.Split(at, "-")
	number, _ = strconv.ParseInt(fields[2], 10, 64)
	nanos, _ := strconv.ParseInt(fields[3], 10, 64)
	return number, time.Unix(0, nanos)
}

// buries notes that one token is dead from now on.
func (p *press) buries(number int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.buryOne(number)
}

// buriesAll notes that all tokens up to this one are dead from now on.
func (p *press) buriesAll(upTo int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for ; p.dead < upTo; p.dead++ {
		p.buryOne(p.dead + 1)
	}
}

// buryOne is called with mu held. The moment passes when the death is in the books:
// who sees the one finds the other.
func (p *press) buryOne(number int64) {
	moment := p.moment.Load() + 1
	p.diedAt[number].CompareAndSwap(0, moment)
	p.moment.Store(moment)
}

// wasDead reports whether a token had died by then.
func (p *press) wasDead(number, then int64) bool {
	died := p.diedAt[number].Load()
	return died != 0 && died <= then
}

// RoundTrip answers as a token endpoint, as a revocation endpoint, and as an
// authorization service.
func (p *press) RoundTrip(req *http.Request) (*http.Response, error) {
	if !(&server{clock: p.clock}).pause(req.Context(), p.pause) {
		return nil, req.Context().Err()
	}
	switch req.URL.Path {
	case "/revoke":
		return says(http.StatusOK, "")
	case "/token":
		return p.grants(req)
	}
	return p.permits(req)
}

func (p *press) grants(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	t, successor := p.next(), ""
	if strings.Contains(string(body), "grant_type=refresh_token") {
		successor = fmt.Sprintf(`"refresh_token":%q,`, t.Refresh.Reveal())
	}
	return says(http.StatusOK, fmt.Sprintf(`{"access_token":%q,%s"token_type":"Bearer","expires_in":%d}`,
		t.Access.Reveal(), successor, int(p.life/time.Second)))
}

func (p *press) permits(req *http.Request) (*http.Response, error) {
	t := p.next()
	answer, err := json.Marshal(map[string]any{"requestId": req.Header.Get("Request-Id"), "data": map[string]any{
		"permissionToken":        map[string]any{"permissionToken": t.Access.Reveal(), "expiresAt": t.Expiry.Unix()},
		"permissionRefreshToken": map[string]any{"permissionRefreshToken": t.Refresh.Reveal(), "expiresAt": t.Expiry.Add(24 * time.Hour).Unix()},
	}})
	if err != nil {
		return nil, err
	}
	return says(http.StatusOK, string(answer), "Date", t.Issued.UTC().Format(http.TimeFormat))
}
