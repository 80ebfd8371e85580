module vip-elector-oracle

go 1.22

require (
	github.com/talos-systems/talos/pkg/machinery v1.2.6
	gopkg.in/yaml.v3 v3.0.1
)

// Not every module proxy hands it out any more, and nothing that is asked here comes through it.
replace inet.af/netaddr => ./netaddr
