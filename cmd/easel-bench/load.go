package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/easel-live/easel/bench/load"
)

// loadCommand is `easel-bench load`.
type loadCommand struct {
	URL       string        `name:"url" default:"ws://127.0.0.1:8080" help:"LiveKit endpoint of the server: Easel or livekit-server."`
	APIKey    string        `name:"api-key" default:"devkey" help:"API key that the server knows."`
	APISecret string        `name:"api-secret" default:"easel-dev-secret-easel-dev-secret-00" help:"Its secret."`
	Rooms     int           `default:"1" help:"Rooms, each with one publisher."`
	Viewers   int           `default:"20" help:"Viewers in each room."`
	Bitrate   int           `default:"1500000" help:"Bits per second of each publisher, on average."`
	Seconds   int           `default:"20" help:"Length of the measurement, after everyone has joined."`
	JoinRate  float64       `default:"20" help:"Viewers joining per second."`
	Codec     string        `default:"vp8" enum:"vp8,h264" help:"What the publishers send: vp8 or h264."`
	Content   string        `default:"recorded" enum:"recorded,made" help:"Frames of a recorded session in GIMP, or made up in the same shape."`
	Cipher    string        `default:"gcm128" enum:"gcm128,cm80" help:"SRTP protection: gcm128 or cm80."`
	Feedback  string        `default:"reports" enum:"reports,full" help:"RTCP of the viewers: receiver reports, or NACK and transport-wide feedback as well."`
	Seed      uint64        `default:"1" help:"Seed of the published content."`
	PID       int           `name:"pid" help:"Process of the server; found by the URL's port when it runs here."`
	Metrics   string        `help:"URL of the server's Prometheus page; /metrics of the URL's host by default, \"none\" for none."`
	Wait      time.Duration `default:"0s" help:"How long to wait for the server to listen."`
	JSON      bool          `name:"json" help:"Print one JSON object."`
	HTML      string        `name:"html" placeholder:"FILE" help:"Write a report with plots."`
	Line      lineFlags     `embed:"" prefix:"line-"`
	Verbose   bool          `help:"Log what the viewers' connections say."`
}

// Run measures and prints.
func (c *loadCommand) Run(ctx context.Context) (err error) {
	metrics, err := c.metrics()
	if err != nil {
		return err
	}
	level := slog.LevelWarn
	if c.Verbose {
		level = slog.LevelDebug
	}
	viewers := ""
	line, err := c.Line.open(c.URL, c.Seed)
	if err != nil {
		return err
	}
	if line != nil {
		defer func() { err = errors.Join(err, line.Close()) }()
		viewers = line.URL()
	}
	report, err := load.Run(ctx, load.Options{
		URL: c.URL, ViewerURL: viewers, Key: c.APIKey, Secret: c.APISecret,
		Run:   strconv.FormatInt(time.Now().UnixMilli(), 36),
		Rooms: c.Rooms, Viewers: c.Viewers, Bitrate: c.Bitrate,
		Duration: time.Duration(c.Seconds) * time.Second, JoinRate: c.JoinRate,
		Codec: load.Codec(c.Codec), Content: load.Kind(c.Content), Cipher: load.Cipher(c.Cipher), Feedback: load.Feedback(c.Feedback), Seed: c.Seed,
		PID: c.PID, Metrics: metrics, Wait: c.Wait,
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})),
	})
	if err != nil {
		return err
	}
	if c.HTML != "" {
		if err := report.Page(c.command()).WriteFile(c.HTML); err != nil {
			return err
		}
	}
	if c.JSON {
		return json.NewEncoder(os.Stdout).Encode(report)
	}
	return report.WriteText(os.Stdout)
}

func (c *loadCommand) metrics() (string, error) {
	switch c.Metrics {
	case "none":
		return "", nil
	case "":
	default:
		return c.Metrics, nil
	}
	u, err := url.Parse(c.URL)
	if err != nil {
		return "", fmt.Errorf("url: %w", err)
	}
	scheme := map[string]string{"wss": "https", "https": "https"}[u.Scheme]
	if scheme == "" {
		scheme = "http"
	}
	return (&url.URL{Scheme: scheme, Host: u.Host, Path: "/metrics"}).String(), nil
}

// command is what gives the same measurement again.
func (c *loadCommand) command() string {
	return fmt.Sprintf("bin/easel-bench load --rooms %d --viewers %d --bitrate %d --seconds %d --codec %s --cipher %s --feedback %s",
		c.Rooms, c.Viewers, c.Bitrate, c.Seconds, c.Codec, c.Cipher, c.Feedback)
}
