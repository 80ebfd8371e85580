// Package netaddr has what Talos's code for configurations needs of inet.af/netaddr to be compiled: it
// converts addresses of nodes, and neither merges nor validates with them.
package netaddr

import (
	"net"
	"net/netip"
)

// IP is an address.
type IP struct{ addr netip.Addr }

// FromStdIP converts from the standard library's older form.
func FromStdIP(ip net.IP) (IP, bool) {
	addr, ok := netip.AddrFromSlice(ip)
	return IP{addr.Unmap()}, ok
}

// Unmap is the IPv4 address in an IPv6 one.
func (ip IP) Unmap() IP { return IP{ip.addr.Unmap()} }

// IPAddr converts to the standard library's older form.
func (ip IP) IPAddr() *net.IPAddr { return &net.IPAddr{IP: ip.addr.AsSlice(), Zone: ip.addr.Zone()} }
