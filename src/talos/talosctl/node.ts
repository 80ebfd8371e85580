/** What talosctl says of a node. Shapes: pkg/machinery/resources of Talos 1.12, as JSON. */
import { z } from '../../zod.ts';
import type { Getter } from './resources.ts';
import { resources } from './resources.ts';
import { TalosctlError } from './talosctl.ts';

const named = z.object({ id: z.string() });
const machineStatus = z.object({
  spec: z.object({
    stage: z.string(),
    status: z.object({
      ready: z.boolean(),
      unmetConditions: z.array(z.object({ name: z.string(), reason: z.string() })).nullish(),
    }),
  }),
});
const link = z.object({
  metadata: named,
  spec: z.object({
    alias: z.string().optional(),
    altNames: z.array(z.string()).nullish(),
    operationalState: z.string(),
    permanentAddr: z.string().nullish(),
    hardwareAddr: z.string().nullish(),
  }),
});
const service = z.object({
  metadata: named,
  spec: z.object({ running: z.boolean(), healthy: z.boolean(), unknown: z.boolean() }),
});
const hostname = z.object({ spec: z.object({ hostname: z.string() }) });
const version = z.object({ spec: z.object({ version: z.string() }) });
const operator = z.object({
  spec: z.object({
    operator: z.string(),
    linkName: z.string(),
    vip: z.object({ ip: z.string() }).optional(),
  }),
});
const machineConfig = z.object({ metadata: named, spec: z.string() });

/** In which stage a machine is, and what it lacks. */
export interface MachineState {
  /** `booting`, `maintenance`, `running`, `rebooting`, … */
  readonly stage: string;
  readonly ready: boolean;
  readonly unmet: readonly string[];
}

export interface NodeLink {
  readonly name: string;
  /** Aliases and alternative names, by which Talos finds it too. */
  readonly otherNames: readonly string[];
  /** Talos lets a VIP stand on a link that is up or does not say. */
  readonly up: boolean;
  readonly mac: string;
}

/** A VIP that the configuration of a node asks for. */
export interface NodeVip {
  readonly vip: string;
  readonly link: string;
}

/** @param flags `--insecure` for a machine that waits for a configuration. @throws TalosctlError */
export async function machineState(
  talosctl: Getter,
  node: string,
  signal: AbortSignal,
  flags: readonly string[] = [],
): Promise<MachineState> {
  const found = await resources(talosctl, node, 'machinestatus', machineStatus, signal, flags);
  const { stage, status } = only(found, node, 'machinestatus').spec;
  const unmet = (status.unmetConditions ?? []).map(({ name, reason }) => `${name}: ${reason}`);
  return { stage, ready: status.ready, unmet };
}

/** @throws TalosctlError */
export async function nodeLinks(
  talosctl: Getter,
  node: string,
  signal: AbortSignal,
): Promise<NodeLink[]> {
  const found = await resources(talosctl, node, 'links', link, signal);
  return found.map(({ metadata, spec }) => ({
    name: metadata.id,
    otherNames: [...(spec.alias ? [spec.alias] : []), ...(spec.altNames ?? [])],
    up: spec.operationalState === 'up' || spec.operationalState === 'unknown',
    mac: spec.permanentAddr || (spec.hardwareAddr ?? ''),
  }));
}

/** Services that run and are well, by name; those that run and are not are false. @throws TalosctlError */
export async function nodeServices(
  talosctl: Getter,
  node: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, boolean>> {
  const found = await resources(talosctl, node, 'services', service, signal);
  return new Map(
    found
      .filter(({ spec }) => spec.running)
      .map(({ metadata, spec }) => [metadata.id, spec.healthy || spec.unknown]),
  );
}

/** @throws TalosctlError */
export async function nodeHostname(
  talosctl: Getter,
  node: string,
  signal: AbortSignal,
): Promise<string> {
  const found = await resources(talosctl, node, 'hostname', hostname, signal);
  return only(found, node, 'hostname').spec.hostname;
}

/** `v1.12.3`. @throws TalosctlError */
export async function nodeVersion(
  talosctl: Getter,
  node: string,
  signal: AbortSignal,
): Promise<string> {
  const found = await resources(talosctl, node, 'version', version, signal);
  return only(found, node, 'version').spec.version;
}

/** The VIPs of its configuration; an administrator alone may read them. @throws TalosctlError */
export async function nodeVips(
  talosctl: Getter,
  node: string,
  signal: AbortSignal,
): Promise<NodeVip[]> {
  const found = await resources(talosctl, node, 'operatorspecs', operator, signal);
  return found.flatMap(({ spec: { operator, linkName, vip } }) =>
    operator === 'vip' && vip !== undefined ? [{ vip: vip.ip, link: linkName }] : [],
  );
}

/** The configuration that is in effect, as text. It holds the cluster's secrets. @throws TalosctlError */
export async function nodeConfig(
  talosctl: Getter,
  node: string,
  signal: AbortSignal,
): Promise<string> {
  const found = await resources(talosctl, node, 'machineconfig', machineConfig, signal);
  const active = found.filter(({ metadata }) => metadata.id === 'v1alpha1');
  return only(active, node, 'machineconfig').spec;
}

function only<T>(found: readonly T[], node: string, type: string): T {
  const [first] = found;
  if (first !== undefined) return first;
  throw new TalosctlError(`${node}: talosctl get ${type} printed nothing`);
}
