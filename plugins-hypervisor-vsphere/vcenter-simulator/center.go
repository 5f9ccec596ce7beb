package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"

	"github.com/vmware/govmomi"
	"github.com/vmware/govmomi/find"
	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	_ "github.com/vmware/govmomi/vapi/simulator" // tags and categories over REST
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// testNetwork is the closed network beside the model's "VM Network".
const testNetwork = "Test Network"

// center is one running vCenter: one data centre with one cluster.
type center struct {
	url        string
	thumbprint string
	model      *simulator.Model
	server     *simulator.Server
}

func start(opts options) (*center, error) {
	model := simulator.VPX()
	model.Datacenter = 1
	model.Cluster = 1
	model.ClusterHost = opts.hosts
	model.Host = 0
	model.Portgroup = 0
	model.Datastore = 0
	model.Machine = 0
	if err := model.Create(); err != nil {
		return nil, err
	}
	c := &center{model: model}
	if err := c.serve(opts); err != nil {
		model.Remove()
		return nil, err
	}
	if err := c.equip(opts); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *center) close() {
	c.server.CloseClientConnections()
	c.server.Close()
	c.model.Remove()
}

func (c *center) serve(opts options) error {
	service := c.model.Service
	service.RegisterEndpoints = true
	service.Listen = &url.URL{Host: opts.listen, User: url.UserPassword(opts.user, opts.password)}
	if opts.tls {
		certificate, thumbprint, err := identityOf(opts.identity)
		if err != nil {
			return err
		}
		service.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
		c.thumbprint = thumbprint
	}
	registry := c.model.Map()
	registry.OptionManager().UpdateOptions(&types.UpdateOptions{ChangedValue: []types.BaseOptionValue{
		&types.OptionValue{Key: "config.vmacore.soap.sessionTimeout", Value: opts.sessionTimeout.String()},
	}})
	tracker := newTracker(registry, opts)
	registry.AddHandler(tracker)
	registry.Handler = tracker.route
	c.server = service.NewServer()
	// Nobody can connect before the ready line is printed: he does not know the port.
	guard := &folderGuard{next: c.server.Config.Handler, registry: registry, context: service.Context, user: opts.user, password: opts.password}
	c.server.Config.Handler = guard
	c.url = strings.TrimSuffix((&url.URL{Scheme: c.server.URL.Scheme, Host: c.server.URL.Host}).String(), "/") + "/sdk"
	return nil
}

// equip adds datastores and the test network, as an administrator would: through the API.
func (c *center) equip(opts options) error {
	ctx := context.Background()
	client, err := govmomi.NewClient(ctx, c.server.URL, true)
	if err != nil {
		return err
	}
	defer func() { _ = client.Logout(ctx) }()
	hosts, err := find.NewFinder(client.Client).HostSystemList(ctx, "/...")
	if err != nil {
		return err
	}
	for _, store := range opts.datastores {
		if err := os.MkdirAll(store.Folder, 0o755); err != nil {
			return err
		}
	}
	for i, host := range hosts {
		if err := equipHost(ctx, host, opts.datastores, i == 0); err != nil {
			return fmt.Errorf("%s: %w", host.InventoryPath, err)
		}
	}
	return nil
}

func equipHost(ctx context.Context, host *object.HostSystem, stores []datastoreOption, first bool) error {
	system, err := host.ConfigManager().DatastoreSystem(ctx)
	if err != nil {
		return err
	}
	for _, store := range stores {
		if _, err := system.CreateLocalDatastore(ctx, store.Name, store.Folder); err != nil {
			return err
		}
	}
	if !first {
		// The simulator keeps networks per data centre: the port group of the first host is everybody's.
		return nil
	}
	network, err := host.ConfigManager().NetworkSystem(ctx)
	if err != nil {
		return err
	}
	return network.AddPortGroup(ctx, types.HostPortGroupSpec{Name: testNetwork, VswitchName: "vSwitch0"})
}

// folderGuard lets nobody at the datastores' files who has not logged in, and refuses what the simulator would only pretend to do.
type folderGuard struct {
	next     http.Handler
	registry *simulator.Registry
	context  *simulator.Context
	user     string
	password string
	mu       sync.Mutex
}

func (g *folderGuard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, "/folder") {
		g.next.ServeHTTP(w, r)
		return
	}
	if !g.allowed(r) {
		w.Header().Set("WWW-Authenticate", `Basic realm="VMware HTTP server"`)
		http.Error(w, "log in first", http.StatusUnauthorized)
		return
	}
	if r.Method == http.MethodDelete {
		http.Error(w, "delete through the FileManager", http.StatusMethodNotAllowed)
		return
	}
	if r.Method == http.MethodPut && r.Header.Get("Content-Range") != "" {
		http.Error(w, "whole files only", http.StatusNotImplemented)
		return
	}
	g.next.ServeHTTP(w, r)
}

func (g *folderGuard) allowed(r *http.Request) bool {
	if user, password, given := r.BasicAuth(); given {
		return user == g.user && password == g.password
	}
	cookie, err := r.Cookie(soap.SessionCookieName)
	if err != nil {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	request := &types.SessionIsActive{SessionID: strings.Trim(cookie.Value, `"`), UserName: g.user}
	body := g.registry.SessionManager().SessionIsActive(g.context, request)
	answer, ok := body.(*methods.SessionIsActiveBody)
	return ok && answer.Res != nil && answer.Res.Returnval
}
