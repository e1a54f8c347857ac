package signaling

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/easel-live/easel/collab"
	"github.com/easel-live/easel/internal/room"
)

type metrics struct {
	rooms        prometheus.Gauge
	participants *prometheus.GaugeVec   // role
	signals      *prometheus.CounterVec // direction
	data         *prometheus.CounterVec // direction
	dropped      *prometheus.CounterVec // reason
	refused      *prometheus.CounterVec // reason
	joins        *prometheus.CounterVec // result
	ways         *prometheus.GaugeVec   // way
	switches     *prometheus.CounterVec // from, to, reason
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		rooms: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "easel_rooms", Help: "Rooms open now.",
		}),
		participants: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "easel_participants", Help: "Participants present now, by role.",
		}, []string{"role"}),
		signals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "easel_signal_messages_total", Help: "Signal messages, by direction.",
		}, []string{"direction"}),
		data: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "easel_data_packets_total", Help: "Data packets received and sent on to participants.",
		}, []string{"direction"}),
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "easel_data_dropped_total", Help: "Data packets that went no further, by reason.",
		}, []string{"reason"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "easel_input_refused_total", Help: "Input packets that did not reach the canvas, by reason.",
		}, []string{"reason"}),
		joins: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "easel_joins_total", Help: "Attempts to join, by result.",
		}, []string{"result"}),
		ways: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "easel_canvas_ways", Help: "Windows that show a canvas now, by the way it comes, as they say.",
		}, []string{"way"}),
		switches: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "easel_canvas_switches_total", Help: "Windows that began to show their canvas by a way, from which before (empty: none) and why.",
		}, []string{"from", "to", "reason"}),
	}
	if reg == nil {
		return m, nil
	}
	return m, errors.Join(
		reg.Register(m.rooms), reg.Register(m.participants), reg.Register(m.signals), reg.Register(m.data),
		reg.Register(m.dropped), reg.Register(m.refused), reg.Register(m.joins), reg.Register(m.ways), reg.Register(m.switches),
	)
}

// reasonWord names a refusal in one word, for programs.
func reasonWord(err error) string {
	for _, w := range [...]struct {
		err  error
		word string
	}{
		{collab.ErrNotHolder, "not_holder"}, {collab.ErrStale, "stale"}, {collab.ErrHeldKeys, "held_keys"},
		{collab.ErrViewOnly, "view_only"}, {collab.ErrAbsent, "absent"}, {collab.ErrBusy, "busy"},
		{errSettling, "settling"},
		{collab.ErrFileSize, "file_size"}, {collab.ErrFileForm, "file_form"}, {collab.ErrNoFiles, "no_files"},
		{collab.ErrChatMuted, "chat_muted"}, {collab.ErrTooFast, "too_fast"},
		{collab.ErrTooLong, "too_long"}, {collab.ErrNoText, "no_text"},
		{collab.ErrLine, "line_full"}, {collab.ErrCommand, "unknown"}, {collab.ErrPresenter, "presenter"},
		{collab.ErrDenied, "denied"}, {collab.ErrNotOwner, "not_owner"}, {collab.ErrLastOwner, "last_owner"},
		{collab.ErrAgent, "agent"}, {collab.ErrSelf, "self"}, {collab.ErrRole, "role"}, {room.ErrPolicy, "policy"},
	} {
		if errors.Is(err, w.err) {
			return w.word
		}
	}
	return "other"
}
