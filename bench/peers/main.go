// Command peers measures Easel beside livekit-server: the same load of `easel-bench
// load` on one after the other, several times in turn, each server alone on one
// core and the load on the other. It prints a table with the ratio, or JSON, and
// draws how the cost grows with viewers. Given files of earlier JSON, it does
// that with their results. What was measured before a failure is told too.
//
// It is a module of its own because livekit-server's dependencies must not
// become Easel's. Everything it starts ends with it, and all traffic stays on
// the loopback interface or on a veth pair between two network namespaces of
// its own (-link veth, needs root).
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// options of a comparison.
type options struct {
	easel, bench string // binaries
	scenarios    []scenario
	seconds      int
	runs         int
	joinRate     float64
	cipher       string
	feedback     string
	serverCPU    string // taskset lists
	loadCPU      string
	memory       string // GOMEMLIMIT of every process started
	links        []string
	json         bool
	plot         string   // file; empty: none
	earlier      []string // files of results, instead of measuring
}

func main() {
	// Children die with the thread that started them (Pdeathsig): this one.
	runtime.LockOSThread()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	opts, err := parse(args)
	if err != nil {
		return err
	}
	var results []result
	if len(opts.earlier) > 0 {
		results, err = readResults(opts.earlier)
	} else {
		results, err = measureAll(ctx, opts)
	}
	// What was measured before something went wrong took long enough.
	return errors.Join(err, tell(out, opts, results))
}

// tell draws and prints results.
func tell(out io.Writer, opts options, results []result) error {
	if len(results) == 0 {
		return nil
	}
	if opts.plot != "" {
		if err := os.WriteFile(opts.plot, plot(results), 0o644); err != nil {
			return err
		}
	}
	if opts.json {
		return json.NewEncoder(out).Encode(results)
	}
	return writeTable(out, results)
}

func measureAll(ctx context.Context, opts options) ([]result, error) {
	livekit, err := buildLiveKit(ctx)
	if err != nil {
		return nil, err
	}
	var all []result
	for _, link := range opts.links {
		road, err := openRoad(ctx, link, opts.loadCPU)
		if err != nil {
			return all, err
		}
		results, err := compare(ctx, opts, road, []peer{easelPeer(opts.easel), livekitPeer(livekit)})
		all = append(all, results...)
		if err := errors.Join(err, road.close()); err != nil {
			return all, err
		}
	}
	return all, nil
}

// readResults reads what runs with -json printed. Runs of one scenario on one
// link are put together.
func readResults(files []string) ([]result, error) {
	var all []result
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var some []result
		if err := json.Unmarshal(raw, &some); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for _, r := range some {
			i := slices.IndexFunc(all, func(x result) bool {
				return x.scenario == r.scenario && x.Server == r.Server && x.Link == r.Link && x.Cipher == r.Cipher
			})
			if i < 0 {
				all, i = append(all, result{scenario: r.scenario, Server: r.Server, Link: r.Link, Cipher: r.Cipher}), len(all)
			}
			if err := all[i].add(r.Runs...); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return all, nil
}

func parse(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("peers", flag.ContinueOnError)
	f.StringVar(&o.easel, "easel", "../../bin/easel", "Easel's server")
	f.StringVar(&o.bench, "bench", "../../bin/easel-bench", "Easel's bench")
	scenarios := f.String("scenarios", "1x50,1x200,1x500@500000,50x4", "ROOMSxVIEWERS in each, or ROOMSxVIEWERS@BITRATE, comma-separated")
	bitrate := f.Int("bitrate", 1_500_000, "of each publisher, bits per second")
	f.IntVar(&o.seconds, "seconds", 15, "length of each measurement")
	f.IntVar(&o.runs, "runs", 3, "measurements of each server in each scenario")
	f.Float64Var(&o.joinRate, "join-rate", 20, "viewers joining per second")
	f.StringVar(&o.cipher, "cipher", "gcm128", "SRTP protection: gcm128 or cm80")
	f.StringVar(&o.feedback, "feedback", "reports", "RTCP of the viewers: reports or full")
	f.StringVar(&o.serverCPU, "server-cpu", "0", "cores of the server (taskset list)")
	f.StringVar(&o.loadCPU, "load-cpu", "1", "cores of the load (taskset list)")
	f.StringVar(&o.memory, "memory", "4GiB", "memory limit (GOMEMLIMIT) of every process started")
	links := f.String("link", "loopback", "loopback, or veth: two network namespaces with offloads off; or both, comma-separated")
	f.StringVar(&o.plot, "plot", "", "draw the cost per packet by viewers in one room to this SVG file")
	f.BoolVar(&o.json, "json", false, "print one JSON object")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	o.earlier = f.Args()
	o.links = strings.Split(*links, ",")
	if o.runs < 1 || o.seconds < 1 {
		return o, fmt.Errorf("%d runs of %d s: both must be positive", o.runs, o.seconds)
	}
	for _, s := range strings.Split(*scenarios, ",") {
		sc, err := parseScenario(s, *bitrate)
		if err != nil {
			return o, err
		}
		o.scenarios = append(o.scenarios, sc)
	}
	return o, nil
}

// limit is how long one measurement may take altogether.
func (o options) limit(s scenario) time.Duration {
	joining := float64(s.Rooms*s.Viewers) / o.joinRate
	return time.Duration(joining+float64(o.seconds))*time.Second + 2*time.Minute
}
