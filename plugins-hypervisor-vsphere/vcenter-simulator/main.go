// Command vcenter-simulator plays a small vCenter for tests and demos: the simulator of govmomi, with the changed-block tracking, the frozen
// snapshots and the guarded datastore access that it lacks. It prints one line of JSON when it is ready, and ends when its standard input ends
// or it gets SIGTERM.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// options are the settings of one run.
type options struct {
	listen         string
	user           string
	password       string
	tls            bool
	identity       string
	datastores     []datastoreOption
	hosts          int
	host           *url.URL
	sessionTimeout time.Duration
	areasPerCall   int
}

// datastoreOption is one datastore: a name in the inventory and the folder that holds its files.
type datastoreOption struct {
	Name   string `json:"name"`
	Folder string `json:"folder"`
}

// ready is what is printed once clients can connect.
type ready struct {
	URL        string            `json:"url"`
	Thumbprint string            `json:"thumbprint,omitempty"`
	Datastores []datastoreOption `json:"datastores"`
}

func main() {
	log.SetFlags(log.Ltime | log.Lmicroseconds)
	opts, err := parse(os.Args[1:])
	if err == nil {
		err = run(opts, os.Stdin, os.Stdout)
	}
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "vcenter-simulator: %s\n", err)
		os.Exit(1)
	}
}

func parse(args []string) (options, error) {
	var opts options
	var host string
	flags := flag.NewFlagSet("vcenter-simulator", flag.ContinueOnError)
	flags.StringVar(&opts.listen, "listen", "127.0.0.1:0", "`address` to listen on; port 0 chooses a free one")
	flags.StringVar(&opts.user, "user", "user", "user `name` that may log in")
	flags.StringVar(&opts.password, "password", "pass", "the user's `password`")
	flags.BoolVar(&opts.tls, "tls", true, "serve HTTPS with a self-signed certificate")
	flags.StringVar(&opts.identity, "identity", "", "PEM `file` that keeps certificate and key over restarts; made when missing. Default: new ones each time")
	flags.IntVar(&opts.hosts, "hosts", 2, "`number` of hosts in the cluster")
	flags.StringVar(&host, "host", "", "`URL` of the host simulator that writes to the disks and keeps their changed maps. Default: nobody writes through it, and changes are found by comparing")
	flags.DurationVar(&opts.sessionTimeout, "session-timeout", 30*time.Minute, "`time` without a call after which a session ends")
	flags.IntVar(&opts.areasPerCall, "areas-per-call", 2000, "most changed `areas` in one answer; the client asks for the rest")
	flags.Func("datastore", "`name=folder` of a datastore; the folder is made when missing. May be repeated; the first is the default one", func(text string) error {
		name, folder, found := strings.Cut(text, "=")
		if !found || name == "" || folder == "" {
			return errors.New("want name=folder")
		}
		absolute, err := filepath.Abs(folder)
		if err != nil {
			return err
		}
		opts.datastores = append(opts.datastores, datastoreOption{Name: name, Folder: absolute})
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return opts, err
	}
	if len(opts.datastores) == 0 {
		return opts, errors.New("no datastore: give at least one -datastore name=folder")
	}
	if opts.hosts < 1 || opts.areasPerCall < 1 {
		return opts, errors.New("-hosts and -areas-per-call must be at least 1")
	}
	if host != "" {
		parsed, err := url.Parse(host)
		if err != nil || parsed.Scheme != "http" || parsed.Host == "" {
			return opts, fmt.Errorf("-host %q is no http URL", host)
		}
		opts.host = parsed
	}
	return opts, nil
}

// run serves until stdin ends or a signal comes.
func run(opts options, stdin io.Reader, stdout io.Writer) error {
	center, err := start(opts)
	if err != nil {
		return err
	}
	defer center.close()
	line, err := json.Marshal(ready{URL: center.url, Thumbprint: center.thumbprint, Datastores: opts.datastores})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(stdout, "%s\n", line); err != nil {
		return err
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		// Whoever started this process holds the other end: when that dies, so does this.
		_, _ = io.Copy(io.Discard, stdin)
		ended <- syscall.SIGTERM
	}()
	<-ended
	return nil
}
