module vip-elector-oracle

go 1.26.0

require (
	github.com/siderolabs/talos/pkg/machinery v1.14.0-rc.1
	go.yaml.in/yaml/v4 v4.0.0-rc.4
)

// As in Talos's own go.mod: replacements of a dependency do not reach those who use it.
replace github.com/mdlayher/ethtool => github.com/siderolabs/ethtool v0.4.0-sidero
