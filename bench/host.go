package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

// host is the machine that the figures are of.
type host struct {
	CPU   string `json:"cpu,omitempty"`
	Cores int    `json:"cores"` // that Go uses
	OS    string `json:"os"`
	Arch  string `json:"arch"`
	Go    string `json:"go"`
}

func describeHost() host {
	return host{
		CPU:   cpuModel(),
		Cores: runtime.GOMAXPROCS(0),
		OS:    runtime.GOOS,
		Arch:  runtime.GOARCH,
		Go:    runtime.Version(),
	}
}

// cpuModel is what Linux says; elsewhere it is empty.
func cpuModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// measuredModule is a module that the figures depend on.
type measuredModule struct{ name, path string }

// measuredModules are those of the rivals, and of the clients of the stores.
func measuredModules() []measuredModule {
	var all []measuredModule
	for _, r := range rivals() {
		if r.module != "" && r.role != ours {
			all = append(all, measuredModule{r.name, r.module})
		}
	}
	for _, s := range shelves() {
		if s.module != "" {
			all = append(all, measuredModule{s.driver, s.module})
		}
	}
	return all
}

// versions are those that this binary was built with, by name.
func versions() map[string]string {
	byModule := map[string]string{}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			byModule[m.Path] = m.Version
		}
	}
	all := map[string]string{}
	for _, m := range measuredModules() {
		all[m.name] = m.path + " " + byModule[m.path]
	}
	return all
}
