/** kube-vip's environment variables, for those who come from it (kube-vip's config_environment.go). */
import { isIPv6 } from 'node:net';
import type { ConfigProblem } from '../errors.ts';
import { KUBE_VIP_FIELD } from './fields.ts';
import type { Environment, Flags, Given } from './given.ts';
import { givenFor } from './given.ts';
import { splitCommas } from './parsed.ts';

/** What kube-vip's variables say in our words. */
export interface KubeVipNames {
  /** By flag name. */
  readonly given: ReadonlyMap<string, Given>;
  readonly problems: readonly ConfigProblem[];
  /** One for each variable that is passed over, by its name. */
  readonly warnings: readonly string[];
}

/** Either of them in the environment tells that it was made for kube-vip. */
const SIGNS = ['vip_interface', 'cp_enable'];
/** Names of its variables that do not begin in a way of their own. */
const OTHERS = new Set([
  'port',
  'kubernetes_addr',
  'k8s_config_file',
  'dns_mode',
  'dhcp_mode',
  'dhcp_backoff_attempts',
  'enable_node_labeling',
  'enable_endpoints',
  'health_check_port',
  'instance_name',
  'backend_health_check_interval',
  'iptables_backend',
]);
const ITS = /^(vip|cp|svc|lb|bgp|mpbgp|zebra|control_plane_health_check)_[a-z0-9_]+$/;
/** Below it kube-vip takes 3 s (pkg/arp/arp.go). */
const ARP_RATE_MIN_MS = 500;
/** slog's levels, as kube-vip counts them. */
const LEVELS: Readonly<Record<string, string>> = {
  '-4': 'debug',
  0: 'info',
  4: 'warn',
  8: 'error',
};
/** What we do in any case: nothing to set, and nothing to warn of. */
const ALWAYS = ['vip_arp', 'cp_enable', 'vip_leaderelection', 'vip_skipdad'];

/** Each has a field of ours. */
const TAKEN = [
  'vip_nodename',
  'vip_loglevel',
  'vip_arpRate',
  'vip_leaseduration',
  'prometheus_server',
];

const NOTHING: KubeVipNames = { given: new Map(), problems: [], warnings: [] };

/**
 * Reads them, where `--kube-vip-env` asks for it or the environment was made for kube-vip. A variable
 * that is set to nothing counts as not set, as it does there.
 */
export function kubeVipNames(flags: Flags, env: Environment): KubeVipNames {
  const asked = givenFor(KUBE_VIP_FIELD, flags, env);
  if (asked !== undefined && 'problem' in asked) return { ...NOTHING, problems: [asked] };
  const set = new Map(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || value.trim() === '' ? [] : [[name, value.trim()] as const],
    ),
  );
  if (asked?.value === false) return NOTHING;
  if (asked === undefined && !SIGNS.some((name) => set.has(name))) return NOTHING;
  return new Reader(set).read();
}

class Reader {
  readonly #set: ReadonlyMap<string, string>;
  readonly #given = new Map<string, Given>();
  readonly #problems: ConfigProblem[] = [];
  readonly #warnings: string[] = [];

  constructor(set: ReadonlyMap<string, string>) {
    this.#set = set;
  }

  read(): KubeVipNames {
    this.#addresses();
    this.#take('vip_interface', 'link', (text) => [text]);
    this.#take('vip_nodename', 'node', (text) => text);
    this.#take('prometheus_server', 'listen', (text) => text);
    this.#take('vip_loglevel', 'log-level', (text) => this.#level(text));
    this.#take('vip_leaseduration', 'lease-ttl', (text) => this.#lease(text));
    this.#take('vip_arpRate', 'announce-every', (text) => this.#rate(text));
    this.#ignored();
    return { given: this.#given, problems: this.#problems, warnings: this.#warnings };
  }

  #take(name: string, flag: string, read: (text: string) => Given['value'] | undefined): void {
    const text = this.#set.get(name);
    const value = text === undefined ? undefined : read(text);
    if (value !== undefined) this.#given.set(flag, { value, label: name });
  }

  #addresses(): void {
    const name = this.#set.has('address') ? 'address' : 'vip_address';
    const lengths = this.#lengths();
    this.#take(name, 'vip', (text) =>
      splitCommas(text).map((vip) => {
        const length = isIPv6(vip) ? lengths.v6 : lengths.v4;
        return vip.includes('/') || length === undefined ? vip : `${vip}/${length}`;
      }),
    );
  }

  /** `24`, `/24` or, of both families, `24,64`. */
  #lengths(): { readonly v4?: string | undefined; readonly v6?: string | undefined } {
    const text = this.#set.get('vip_subnet');
    if (text === undefined) return {};
    const lengths = splitCommas(text).map((part) => part.replace(/^\//, ''));
    const [first, second] = lengths;
    if (lengths.length > 2 || !lengths.every((length) => /^\d{1,3}$/.test(length))) {
      const remedy = 'write one like 32, or 32,128 for both families';
      this.#refuse('vip_subnet', text, 'is no prefix length', remedy);
      return {};
    }
    return { v4: first, v6: second ?? (Number(first) > 32 ? first : undefined) };
  }

  #level(text: string): string | undefined {
    const level = LEVELS[text];
    if (level === undefined) this.#refuse('vip_loglevel', text, 'is no level', 'use -4, 0, 4 or 8');
    return level;
  }

  /** The lease, which cleans up after a dead node; never the right to hold. */
  #lease(text: string): string | undefined {
    if (/^[1-9]\d{0,5}$/.test(text)) return `${text}s`;
    this.#refuse('vip_leaseduration', text, 'is no number', 'write seconds: 15');
    return undefined;
  }

  #rate(text: string): string | undefined {
    if (!/^\d{1,6}$/.test(text)) {
      this.#refuse('vip_arpRate', text, 'is no number', 'write milliseconds: 3000');
      return undefined;
    }
    if (Number(text) >= ARP_RATE_MIN_MS) return `${text}ms`;
    this.#warnings.push(`vip_arpRate = ${text} is below 500 ms: 3000 is taken, as kube-vip does`);
    return '3000ms';
  }

  #refuse(field: string, value: string, problem: string, remedy: string): void {
    this.#problems.push({ field, value, problem, remedy });
  }

  #ignored(): void {
    const known = new Set([...ALWAYS, 'vip_subnet', 'address', 'vip_address', 'vip_interface']);
    for (const name of TAKEN) known.add(name);
    if (this.#set.has('address') && this.#set.has('vip_address')) known.delete('vip_address');
    for (const [name, value] of this.#set) {
      if (ALWAYS.includes(name) && value === 'false') {
        this.#warnings.push(`${name} = false of kube-vip is ignored: vip-elector always does so`);
      } else if (!known.has(name) && (ITS.test(name) || OTHERS.has(name))) {
        this.#warnings.push(`${name} of kube-vip is ignored: vip-elector has nothing like it`);
      }
    }
  }
}
