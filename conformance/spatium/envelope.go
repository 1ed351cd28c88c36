package spatium

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/google/uuid"
)

var (
	errRefused   = errors.New("spatium: refused")
	errMalformed = errors.New("spatium: malformed request")
)

// question is the body of any request.
type question struct {
	Username       string   `json:"username"`
	Password       string   `json:"password"`
	TokenID        string   `json:"tokenId"`
	Permissions    []string `json:"permissions"`
	MerchantKey    string   `json:"merchantKey"`
	SecurityTokens []string `json:"securityTokens"`
	Refresh        string   `json:"permissionRefreshToken"`
}

// envelope is every answer to a request with a request-id.
type envelope struct {
	RequestID string `json:"requestId"`
	Data      any    `json:"data,omitempty"`
	Message   string `json:"message,omitempty"`
}

// issued is the data of an answer that brings both tokens.
func issued(permission, refresh token) any {
	type inner struct {
		PermissionToken        string `json:"permissionToken,omitempty"`
		PermissionRefreshToken string `json:"permissionRefreshToken,omitempty"`
		Issuer                 string `json:"issuer"`
		ExpiresAt              int64  `json:"expiresAt"`
	}
	return struct {
		PermissionToken        inner `json:"permissionToken"`
		PermissionRefreshToken inner `json:"permissionRefreshToken"`
	}{
		inner{PermissionToken: permission.text, Issuer: issuer, ExpiresAt: permission.expiry.Unix()},
		inner{PermissionRefreshToken: refresh.text, Issuer: issuer, ExpiresAt: refresh.expiry.Unix()},
	}
}

// ServeHTTP serves all endpoints. The Date of its answers is by the Service's clock.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.config.Now().UTC().Format(http.TimeFormat))
	s.mux.ServeHTTP(w, r)
}

func (s *Service) handle(path string, answer func(question) (any, error)) {
	s.mux.HandleFunc("POST "+BasePath+path, func(w http.ResponseWriter, r *http.Request) {
		q, err := s.hear(r)
		var data any
		if err == nil {
			data, err = answer(q)
		}
		if err != nil {
			s.count(func(c *Counts) { c.Refused++ })
		}
		say(w, r.Header.Get("Request-Id"), data, err)
	})
}

// hear reads a request, whose headers must be as the documentation has them.
func (s *Service) hear(r *http.Request) (question, error) {
	id, err := uuid.Parse(r.Header.Get("Request-Id"))
	if err != nil {
		return question{}, errMalformed
	}
	s.mu.Lock()
	s.counts.Requests++
	if !s.seen[id] {
		s.seen[id] = true
		s.counts.RequestIDs++
	}
	s.mu.Unlock()
	if r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Accept") != "application/json" {
		return question{}, errMalformed
	}
	var q question
	body := json.NewDecoder(io.LimitReader(r.Body, 1<<20))
	body.DisallowUnknownFields()
	if err := body.Decode(&q); err != nil {
		return question{}, errMalformed
	}
	return q, nil
}

func say(w http.ResponseWriter, id string, data any, err error) {
	answer := envelope{RequestID: id, Data: data}
	status := http.StatusOK
	switch {
	case errors.Is(err, errRefused):
		status = http.StatusUnauthorized
	case errors.Is(err, errMalformed):
		status = http.StatusBadRequest
	case err != nil:
		status = http.StatusInternalServerError
	}
	if err != nil {
		answer.Message = http.StatusText(status)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // the client may have gone
}
