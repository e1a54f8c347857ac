package api

import (
	"errors"
	"net/http"
	"time"

	"github.com/easel-live/easel/account"
)

// keyView is an API token as its user sees it.
type keyView struct {
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	Scopes    []account.Scope `json:"scopes"`
	CreatedAt time.Time       `json:"created_at"`
	ExpiresAt time.Time       `json:"expires_at"`
	UsedAt    *time.Time      `json:"used_at"`          // null: never
	Secret    string          `json:"secret,omitempty"` // only when it is made
}

func viewKey(c account.Credential) keyView {
	v := keyView{ID: c.ID, Name: c.Name, Scopes: c.Scopes, CreatedAt: c.Created, ExpiresAt: c.Expires}
	if !c.Used.IsZero() {
		v.UsedAt = &c.Used
	}
	return v
}

// keyTTL is how long an API token is good for unless asked otherwise.
const keyTTL = 90 * 24 * time.Hour

func (a *API) listKeys(w http.ResponseWriter, r *http.Request, c call) error {
	keys, err := a.cfg.Accounts.Tokens(r.Context(), c.user.ID)
	if err != nil {
		return err
	}
	views := make([]keyView, len(keys))
	for i, k := range keys {
		views[i] = viewKey(k)
	}
	return a.reply(w, r, http.StatusOK, map[string]any{"tokens": views})
}

func (a *API) createKey(w http.ResponseWriter, r *http.Request, c call) error {
	var body struct {
		Name      string          `json:"name"`
		Scopes    []account.Scope `json:"scopes"`
		ExpiresIn *int64          `json:"expires_in"` // seconds
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	ttl := keyTTL
	if body.ExpiresIn != nil {
		if *body.ExpiresIn < 0 || *body.ExpiresIn > int64(account.MaxTokenTTL/time.Second) {
			return problemf(http.StatusUnprocessableEntity, "%v", account.ErrTokenTTL)
		}
		ttl = time.Duration(*body.ExpiresIn) * time.Second
	}
	k, word, err := a.cfg.Accounts.NewToken(r.Context(), c.user, body.Name, body.Scopes, ttl, a.cfg.Now())
	switch {
	case errors.Is(err, account.ErrTooMany):
		return problemf(http.StatusConflict, "%v", account.ErrTooMany)
	case errors.Is(err, account.ErrScope), errors.Is(err, account.ErrTokenName), errors.Is(err, account.ErrTokenTTL):
		return problemf(http.StatusUnprocessableEntity, "%v", err)
	case err != nil:
		return err
	}
	a.note(r, c.caller, "token.created", k.ID, k.Name)
	v := viewKey(k)
	v.Secret = word
	return a.reply(w, r, http.StatusCreated, v)
}

func (a *API) revokeKey(w http.ResponseWriter, r *http.Request, c call) error {
	id := r.PathValue("token")
	err := a.cfg.Accounts.Revoke(r.Context(), c.user.ID, id)
	if errors.Is(err, account.ErrNoCredential) {
		return problemf(http.StatusNotFound, "%v", account.ErrNoCredential)
	}
	if err != nil {
		return err
	}
	a.note(r, c.caller, "token.revoked", id, "")
	w.WriteHeader(http.StatusNoContent)
	return nil
}
