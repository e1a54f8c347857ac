package gstreamer

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"
)

//go:embed page.html
var page []byte

// Peer is a running pipeline and its page.
type Peer struct {
	cmd    *exec.Cmd
	socket *net.UDPConn // GStreamer's packets
	track  *webrtc.TrackLocalStaticRTP
	api    *webrtc.API
	http   http.Server
	addr   net.Addr

	flows chan struct{} // closed with the first packet
	ended chan struct{} // closed when GStreamer ended
	done  sync.WaitGroup

	mu          sync.Mutex
	connections []*webrtc.PeerConnection
}

// Start streams a display until Close.
func Start(ctx context.Context, opts Options) (_ *Peer, err error) {
	p := &Peer{flows: make(chan struct{}), ended: make(chan struct{})}
	if p.socket, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}); err != nil {
		return nil, fmt.Errorf("gstreamer: %w", err)
	}
	if err := p.socket.SetReadBuffer(1 << 20); err != nil {
		return nil, errors.Join(err, p.socket.Close())
	}
	codec := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}
	if p.track, err = webrtc.NewTrackLocalStaticRTP(codec, "display", "display"); err != nil {
		return nil, errors.Join(err, p.socket.Close())
	}
	settings := webrtc.SettingEngine{}
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeQueryOnly) // browsers hide their addresses
	p.api = webrtc.NewAPI(webrtc.WithSettingEngine(settings))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, p.socket.Close())
	}
	p.addr = listener.Addr()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page)
	})
	mux.HandleFunc("POST /offer", p.answer)
	p.http = http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	p.done.Go(func() { _ = p.http.Serve(listener) })
	if p.cmd, err = launch(opts, p.socket.LocalAddr()); err != nil {
		return nil, errors.Join(err, p.closeNetwork())
	}
	p.done.Go(func() {
		_ = p.cmd.Wait()
		close(p.ended)
	})
	p.done.Go(p.pass)
	if err := p.flowing(ctx); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// URL is the page that shows the picture.
func (p *Peer) URL() string { return "http://" + p.addr.String() + "/" }

// pass hands GStreamer's packets to whoever watches.
func (p *Peer) pass() {
	packet := make([]byte, 1500)
	first := true
	for {
		n, err := p.socket.Read(packet)
		if err != nil {
			return
		}
		if first {
			first = false
			close(p.flows)
		}
		_, _ = p.track.Write(packet[:n]) // a viewer that left is the page's affair
	}
}

// maxOffer bounds an offer, in bytes.
const maxOffer = 1 << 20

func (p *Peer) answer(w http.ResponseWriter, r *http.Request) {
	var offer webrtc.SessionDescription
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxOffer)).Decode(&offer); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answer, err := p.connect(offer)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// connect makes a viewer's connection, with all candidates in the answer.
func (p *Peer) connect(offer webrtc.SessionDescription) (*webrtc.SessionDescription, error) {
	pc, err := p.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	p.connections = append(p.connections, pc)
	p.mu.Unlock()
	sender, err := pc.AddTrack(p.track)
	if err != nil {
		return nil, err
	}
	p.done.Go(func() { // the interceptors answer NACKs as long as somebody reads
		buffer := make([]byte, 1500)
		for {
			if _, _, err := sender.Read(buffer); err != nil {
				return
			}
		}
	})
	if err := pc.SetRemoteDescription(offer); err != nil {
		return nil, err
	}
	answer, err := pc.CreateAnswer(nil)
	if err != nil {
		return nil, err
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(answer); err != nil {
		return nil, err
	}
	<-gathered
	return pc.LocalDescription(), nil
}

// Close ends pipeline, page and connections, and waits for them.
func (p *Peer) Close() error {
	err := p.cmd.Process.Kill()
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	return errors.Join(err, p.closeNetwork())
}

func (p *Peer) closeNetwork() error {
	errs := []error{p.http.Close(), p.socket.Close()}
	p.mu.Lock()
	for _, pc := range p.connections {
		errs = append(errs, pc.GracefulClose())
	}
	p.mu.Unlock()
	p.done.Wait()
	return errors.Join(errs...)
}
