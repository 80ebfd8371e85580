import type { Finding } from '../../check/finding.ts';
import { fail, ok, warn } from '../../check/finding.ts';
import { OperatorError } from '../../errors.ts';
import { MachineConfig } from '../document/machine-config.ts';
import { maskedText } from '../document/secrets.ts';
import { API_PORT } from '../endpoint/custom.ts';
import type { ResolvedEndpoint } from '../endpoint/resolve.ts';
import { lineDiff } from '../integrate/line-diff.ts';
import type { Inventory } from '../inventory/types.ts';
import { machinesOf } from '../inventory/types.ts';
import { ownershipOf } from '../owner.ts';
import { nodeConfig } from '../talosctl/node.ts';
import type { Getter } from '../talosctl/resources.ts';
import { askApi, isServing } from './api.ts';
import { lookAt } from './look.ts';
import { etcdFinding, hostnameFindings, stateFinding } from './node-findings.ts';

const ANSWER_WITHIN_MS = 5000;

export interface VerifyOptions {
  readonly inventory: Inventory;
  readonly endpoint: ResolvedEndpoint;
  readonly talosctl: Getter;
  readonly signal: AbortSignal;
}

/** Looks at a cluster as its users reach it: nodes, owner, endpoint, certificates. */
export async function verifyCluster(options: VerifyOptions): Promise<Finding[]> {
  const { inventory, talosctl, signal } = options;
  const planes = machinesOf(inventory, 'controlplane');
  const looks = await Promise.all(
    inventory.machines.map((machine) => lookAt(talosctl, machine, signal)),
  );
  const found = looks.filter(({ machine }) => machine.role === 'controlplane');
  const addresses = planes.map(({ address }) => address);
  const owners = await Promise.all(
    inventory.vips.map((vip) => ownershipOf(talosctl, vip, addresses, signal)),
  );
  return [
    ...looks.map(stateFinding),
    ...found.map(etcdFinding),
    ...hostnameFindings(looks),
    ...owners.map(({ vip, verdict, explanation }) =>
      verdict === 'one'
        ? ok(`owner of ${vip}`, explanation)
        : fail(`owner of ${vip}`, explanation, 'vip-elector talos explain'),
    ),
    ...(await apiFindings(options)),
  ];
}

/** Endpoint, VIPs and control planes: each must serve, and show a certificate with its name. */
async function apiFindings({ inventory, endpoint, signal }: VerifyOptions): Promise<Finding[]> {
  const { hostname, port } = new URL(endpoint.url);
  const places = new Map<string, number>([
    [hostname.replaceAll(/[[\]]/g, ''), Number(port || 443)],
    ...inventory.vips.map((vip) => [vip, API_PORT] as const),
    ...endpoint.talosEndpoints.map((address) => [address, API_PORT] as const),
  ]);
  return Promise.all(
    [...places].map(async ([host, port]) => {
      const name = `API ${host}`;
      try {
        const answer = await askApi(host, port, { withinMs: ANSWER_WITHIN_MS, signal });
        if (!isServing(answer)) {
          return fail(name, `/readyz says ${answer.status}`, 'talosctl service kube-apiserver');
        }
        if (answer.sans.includes(host)) return ok(name, 'serves, and its certificate names it');
        const said = `its certificate names ${answer.sans.join(', ')}, not ${host}`;
        return fail(name, said, 'put it into the SANs: render, integrate, apply');
      } catch (error) {
        if (!(error instanceof OperatorError) || signal.aborted) throw error;
        return fail(name, error.message, 'vip-elector talos explain');
      }
    }),
  );
}

/** A node whose configuration is not that of its file, with what differs, secrets masked. */
export interface Drift {
  readonly finding: Finding;
  readonly diff: string;
}

/** Compares the files with what the nodes have. @param fileOf text of a node's file */
export async function driftOf(
  { inventory, talosctl, signal }: Omit<VerifyOptions, 'endpoint'>,
  fileOf: (name: string) => { readonly path: string; readonly text: string },
): Promise<Drift[]> {
  return Promise.all(
    inventory.machines.map(async ({ name, address }) => {
      const { path, text } = fileOf(name);
      const label = `${name} configuration`;
      const wanted = maskedText(MachineConfig.parse(text, path));
      let live: string;
      try {
        live = await nodeConfig(talosctl, address, signal);
      } catch (error) {
        if (!(error instanceof OperatorError) || signal.aborted) throw error;
        return { finding: warn(label, error.message, 'see its state'), diff: '' };
      }
      if (live.trim() === text.trim()) return { finding: ok(label, `is ${path}`), diff: '' };
      const diff = lineDiff(maskedText(MachineConfig.parse(live, name)), wanted);
      const said = diff === '' ? 'differs in secrets' : `differs in ${lines(diff)} lines`;
      const remedy = 'see --diff; then vip-elector talos apply';
      return { finding: fail(label, `${said} from ${path}`, remedy), diff };
    }),
  );
}

function lines(diff: string): number {
  return diff.trimEnd().split('\n').length;
}
