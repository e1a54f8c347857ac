package instance

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// fakeEasel keeps the command line's contract and nothing else.
func fakeEasel(mode string, args []string) int {
	const session = `{"id":"s1","room":"r1","display":":77","workspace":"/w","state":"ready"}`
	switch command := strings.Join(args, " "); {
	case command == "serve" && mode == "good":
		return fakeServe()
	case command == "session start --json":
		fmt.Println(session)
	case command == "session list --json":
		fmt.Printf(`{"sessions":[%s]}`, session)
	case command == "session link s1 --role owner":
		fmt.Printf("http://%s/s/s1#invite=owner\n", os.Getenv("EASEL_ADDR"))
	case slices.Equal(args, []string{"session", "end", "s1"}):
	default:
		fmt.Fprintln(os.Stderr, "no such session")
		return 1
	}
	return 0
}

func fakeServe() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	mux := http.NewServeMux()
	mux.HandleFunc("/readyz", func(http.ResponseWriter, *http.Request) {})
	server := &http.Server{Addr: os.Getenv("EASEL_ADDR"), Handler: mux}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	err := server.ListenAndServe()
	if ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("stopped")
	return 0
}
