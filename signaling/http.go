package signaling

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/gorilla/websocket"
	"github.com/livekit/protocol/livekit"
	"golang.org/x/time/rate"

	"github.com/easel-live/easel/signaling/token"
)

// maxQueryBytes bounds a request's query, which holds a whole offer.
const maxQueryBytes = 512 << 10

// refusal is an error with the HTTP status that tells it. Its text goes to the
// client; query strings carry tokens and are never logged.
type refusal struct {
	status int
	result string // for metrics
	err    error
}

// examine decides whether a request may join, and how.
func (s *Server) examine(req *http.Request, needsJoinRequest bool) (*token.Claims, *joinParams, *refusal) {
	if len(req.URL.RawQuery) > maxQueryBytes {
		return nil, nil, &refusal{http.StatusRequestURITooLong, "oversize", errJoinRequest}
	}
	query, err := url.ParseQuery(req.URL.RawQuery)
	if err != nil {
		return nil, nil, &refusal{http.StatusBadRequest, "malformed", fmt.Errorf("%w: query", errJoinRequest)}
	}
	claims, err := s.cfg.Keys.Verify(bearer(req, query))
	switch {
	case errors.Is(err, token.ErrForbidden):
		return nil, nil, &refusal{http.StatusForbidden, "token", err}
	case err != nil:
		return nil, nil, &refusal{http.StatusUnauthorized, "token", err}
	}
	if named := query.Get("room"); named != "" && named != claims.Room {
		return nil, nil, &refusal{http.StatusForbidden, "token", fmt.Errorf("%w: it is for another room", token.ErrForbidden)}
	}
	if needsJoinRequest && query.Get("join_request") == "" {
		return nil, nil, &refusal{http.StatusBadRequest, "malformed", fmt.Errorf("%w: join_request is required", errJoinRequest)}
	}
	how, err := parseJoin(query, s.cfg.Limits.JoinRequestBytes)
	if err != nil {
		return nil, nil, &refusal{http.StatusBadRequest, "malformed", err}
	}
	how.tcp = query.Get("candidates") == "tcp"
	return claims, how, nil
}

// bearer finds the token where clients put it.
func bearer(req *http.Request, query url.Values) string {
	if raw, ok := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer "); ok {
		return strings.TrimSpace(raw)
	}
	return query.Get("access_token")
}

// room finds the room to join, if there is a place in it.
func (s *Server) room(claims *token.Claims) (*liveRoom, *refusal) {
	r, err := s.open(claims.Room)
	switch {
	case errors.Is(err, errShutdown):
		return nil, &refusal{http.StatusServiceUnavailable, "shutdown", err}
	case err != nil:
		return nil, &refusal{http.StatusForbidden, "rooms", err}
	}
	if _, err := r.mayEnter(claims); err != nil {
		return nil, &refusal{http.StatusForbidden, "door", err}
	}
	who := r.roster.Load()
	if len(who.all) >= s.cfg.Limits.Participants && who.byIdentity[claims.Identity] == nil {
		return nil, &refusal{http.StatusForbidden, "full", errRoomFull}
	}
	return r, nil
}

// barred says why an open room does not let somebody in.
func (s *Server) barred(claims *token.Claims) *refusal {
	if r := s.find(claims.Room); r != nil {
		if _, err := r.mayEnter(claims); err != nil {
			return &refusal{http.StatusForbidden, "door", err}
		}
	}
	return nil
}

func (s *Server) refuse(w http.ResponseWriter, no *refusal) {
	s.metrics.joins.WithLabelValues(no.result).Inc()
	s.cfg.Log.Info("join refused", "status", no.status, "error", no.err)
	http.Error(w, no.err.Error(), no.status)
}

// serveValidate tells a client whether, and why not, it could join: browsers
// hide the answer to a failed WebSocket upgrade.
func (s *Server) serveValidate(needsJoinRequest bool) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		claims, _, no := s.examine(req, needsJoinRequest)
		if no == nil {
			no = s.barred(claims)
		}
		if no != nil {
			s.refuse(w, no)
			return
		}
		_, _ = w.Write([]byte("success"))
	}
}

func (s *Server) serveRTC(needsJoinRequest bool) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		claims, how, no := s.examine(req, needsJoinRequest)
		var r *liveRoom
		if no == nil {
			r, no = s.room(claims)
		}
		if no != nil {
			s.refuse(w, no)
			return
		}
		if !s.begin() {
			s.refuse(w, &refusal{http.StatusServiceUnavailable, "shutdown", errShutdown})
			return
		}
		defer s.conns.Done()
		ws, err := s.upgrader.Upgrade(w, req, nil)
		if err != nil { // Upgrade has answered
			s.metrics.joins.WithLabelValues("upgrade").Inc()
			return
		}
		s.serve(newConn(ws, s.cfg.Limits, s.cfg.Times), r, claims, how)
	}
}

// begin counts a connection in, unless the server is closing.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return false
	}
	s.conns.Add(1)
	return true
}

// serve runs one connection to its end.
func (s *Server) serve(c *conn, r *liveRoom, claims *token.Claims, how *joinParams) {
	written := make(chan struct{})
	go func() {
		defer close(written)
		c.write()
	}()
	p, err := s.enter(c, r, claims, how)
	if err != nil {
		s.metrics.joins.WithLabelValues("refused").Inc()
		c.send(encode(leaveFor(err)))
		c.hangUp(websocket.CloseNormalClosure, err.Error())
	} else {
		s.metrics.joins.WithLabelValues("ok").Inc()
		s.receive(c, p)
		r.post(func() { r.lost(p, c) })
	}
	<-written
}

// enter has the room take the client in. A room that closed meanwhile is
// opened anew.
func (s *Server) enter(c *conn, r *liveRoom, claims *token.Claims, how *joinParams) (*participant, error) {
	for {
		var p *participant
		err := errRoomClosed
		r.call(func() {
			if how.reconnect {
				p, err = r.resume(claims, how, c)
			} else {
				p, err = r.join(claims, how, c)
			}
		})
		if !errors.Is(err, errRoomClosed) {
			return p, err
		}
		if r, err = s.open(claims.Room); err != nil {
			return nil, err
		}
	}
}

// leaveFor tells a client why it is not taken in, and what to do about it.
func leaveFor(err error) *livekit.SignalResponse {
	leave := &livekit.LeaveRequest{Reason: livekit.DisconnectReason_JOIN_FAILURE}
	if errors.Is(err, errNoSuchStay) {
		leave.Reason = livekit.DisconnectReason_STATE_MISMATCH
		leave.Action, leave.CanReconnect = livekit.LeaveRequest_RECONNECT, true
	}
	return &livekit.SignalResponse{Message: &livekit.SignalResponse_Leave{Leave: leave}}
}

// signalBurst is how many seconds' worth of messages may come at once.
const signalBurst = 10

// receive acts on the client's messages until the connection ends, and says
// why it ended if that is the client's doing.
func (s *Server) receive(c *conn, p *participant) {
	pace := rate.NewLimiter(rate.Limit(s.cfg.Limits.SignalRate), int(s.cfg.Limits.SignalRate*signalBurst))
	for {
		frame, raw, err := c.read()
		if err != nil {
			c.hangUp(websocket.CloseNormalClosure, "")
			return
		}
		s.metrics.signals.WithLabelValues("in").Inc()
		if !pace.Allow() {
			c.hangUp(websocket.ClosePolicyViolation, "too many messages")
			return
		}
		req, err := decodeSignal(frame, raw)
		if err == nil {
			err = p.dispatch(req)
		}
		if err != nil {
			p.log.Info("connection ended", "error", err)
			c.hangUp(websocket.CloseInvalidFramePayloadData, err.Error())
			return
		}
	}
}
