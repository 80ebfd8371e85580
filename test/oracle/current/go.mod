module vip-elector-oracle

go 1.26.0

require (
	github.com/siderolabs/talos/pkg/machinery v1.14.0-rc.1
	gopkg.in/yaml.v3 v3.0.1
)

// As in Talos's own go.mod: replacements of a dependency do not reach those who use it.
replace github.com/mdlayher/ethtool => github.com/siderolabs/ethtool v0.4.0-sidero
