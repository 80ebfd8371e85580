import { ArpAsker } from './announce/arp-asker.ts';
import type { Clock } from './clock.ts';
import type { GroupConfig } from './config/types.ts';
import type { ProbeConfig } from './config/probes.ts';
import { arpProbe, type Asker } from './health/arp-probe.ts';
import { execProbe } from './health/exec-probe.ts';
import { httpProbe } from './health/http-probe.ts';
import { tcpProbe } from './health/tcp-probe.ts';
import type { Probe } from './health/types.ts';
import { subnetContains } from './network/address.ts';
import type { NetworkMonitor } from './network/monitor.ts';

interface ProbesParts {
  readonly clock: Clock;
  readonly monitor: Pick<NetworkMonitor, 'links' | 'addresses'>;
}

/** The probes of a group, as it is configured. */
export function probesOf({ clock, monitor }: ProbesParts, group: GroupConfig): Probe[] {
  const { health, name } = group;
  if (health === undefined) return [];
  return health.probes.map((config) => probeOf(config));

  function probeOf(config: ProbeConfig): Probe {
    const { text } = config;
    switch (config.kind) {
      case 'http':
        return httpProbe(text, config);
      case 'tcp':
        return tcpProbe(text, config.host, config.port);
      case 'exec': {
        const { program } = config;
        return execProbe(text, { program, group: name, timeoutMs: health?.timeoutMs ?? 0, clock });
      }
      case 'arp': {
        const { address } = config;
        return arpProbe(text, { address, clock, open: () => askerTo(address, monitor) });
      }
    }
    return config satisfies never;
  }
}

/** On the link whose own subnet has the address. @throws Error where there is none, SystemError */
function askerTo(address: string, { links, addresses }: ProbesParts['monitor']): Asker {
  const own = addresses.find(
    (each) =>
      !each.ours &&
      each.family === 4 &&
      each.address !== address &&
      each.prefixLength < 32 &&
      subnetContains(each.address, each.prefixLength, address),
  );
  const link = links.find(({ index }) => index === own?.linkIndex);
  if (own === undefined || link === undefined) {
    throw new Error(`no link of this host has ${address} in its subnet`);
  }
  return new ArpAsker({ index: link.index, mac: link.mac, address: own.address });
}
