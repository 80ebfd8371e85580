import type { Path } from '../../config/path.ts';
import { isMapping, valueAt } from '../../config/path.ts';
import { ExitCode, OperatorError } from '../../errors.ts';
import { z } from '../../zod.ts';
import { endpointUrl } from '../endpoint/custom.ts';
import { readSettings } from '../endpoint/settings.ts';
import type { Draft } from './draft.ts';
import { addVip, splitPatch } from './patch.ts';
import type { Source } from './shaped.ts';
import { shaped } from './shaped.ts';
import type { FoundVip } from './vip-parts.ts';
import { MAC_PLACEHOLDER } from './vip-parts.ts';

const settings = z.looseObject({
  endpointMode: z.string().optional(),
  customEndpoint: z.string().optional(),
});
const values = settings.extend({ config: settings.optional() });

/**
 * Takes the endpoint from the Helm values of the talos-operator: `endpointMode` as its chart reads
 * it, or `config.endpointMode` as its documentation has it.
 * @param lenient as the operator reads them
 */
export function importHelmValues(draft: Draft, source: Source, lenient: boolean): void {
  const { where } = shaped(source, values);
  const given = (key: string) => {
    const paths: Path[] = [[key], ['config', key]];
    const found = paths.filter((path) => typeof valueAt(source.file.tree, path) === 'string');
    const [first, second] = found.map((path) => ({
      value: String(valueAt(source.file.tree, path)),
      where: where(...path),
    }));
    if (first && second && first.value !== second.value) {
      throw new OperatorError(
        `${first.where} = "${first.value}", but ${second.where} = "${second.value}": the chart ` +
          'reads the first, its documentation names the second; leave one',
        ExitCode.usage,
      );
    }
    if (first?.where.endsWith(`config.${key}`) === true) {
      draft.note(`${first.where}: the operator's chart itself reads ${key} at the top level`);
    }
    return first;
  };
  const mode = given('endpointMode');
  const custom = given('customEndpoint');
  const read = readSettings({ mode, custom }, lenient);
  for (const warning of read.warnings) draft.note(warning);
  draft.say('endpoint.mode', read.mode, mode?.where ?? source.name);
  if (read.custom.length === 0) return;
  if (read.mode !== 'custom') {
    const problem = `is not used by the mode ${read.mode ?? 'networkconfiguration'}`;
    if (!lenient) {
      throw new OperatorError(
        `${custom?.where} = "${custom?.value}": ${problem}; empty it, or use the mode custom`,
        ExitCode.usage,
      );
    }
    draft.note(`${custom?.where}: ${problem}`);
    return;
  }
  for (const endpoint of read.custom) {
    draft.add('endpoint.custom', endpointUrl(endpoint), custom?.where ?? source.name);
  }
}

const configMap = z.looseObject({ data: z.record(z.string(), z.string()).optional() });

/**
 * Takes VIP and patches from a tenant's ConfigMap. The operator gives them to every node; of a VIP
 * only the control planes get anything here.
 * @returns the VIPs, for whatever control planes there are in the end
 */
export function importConfigMap(draft: Draft, source: Source): readonly FoundVip[] {
  const { data, where } = shaped(source, configMap);
  const entries = Object.entries(data.data ?? {});
  if (entries.length === 0) draft.note(`${source.name}: its data is empty`);
  const found: FoundVip[] = [];
  for (const [key, text] of entries) {
    const place = where('data', key);
    const { vips, rest } = splitPatch(draft, text, place);
    found.push(...vips);
    if (rest === undefined) continue;
    draft.add('patches.all', { text: rest }, place);
    for (const mark of ['#CLUSTERID#', MAC_PLACEHOLDER].filter((one) => rest.includes(one))) {
      draft.note(`${place}: ${mark} is filled in by the operator only; write what it stands for`);
    }
  }
  return found;
}

/** Gives the VIPs of all control planes to those that there are. */
export function addCommonVips(draft: Draft, vips: readonly FoundVip[]): void {
  for (const vip of vips) {
    const isOwnMac = vip.selector?.includes(MAC_PLACEHOLDER) === true;
    const { selector: _selector, ...rest } = vip;
    addVip(draft, isOwnMac ? rest : vip, draft.nodesOf('controlplane'), true);
    if (isOwnMac) draft.note(`${vip.where}: give every control plane its mac`);
  }
}

const sharedIp = z.looseObject({
  status: z
    .looseObject({
      loadBalancerIps: z.array(z.string()).optional(),
      phase: z.string().optional(),
    })
    .optional(),
});

/** Takes the addresses that a ControlPlaneVirtualSharedIP was given, as `kubectl get -o yaml` has it. */
export function importSharedIp(draft: Draft, source: Source): void {
  const { data, where } = shaped(source, sharedIp);
  const ips = data.status?.loadBalancerIps ?? [];
  const phase = data.status?.phase;
  if (phase !== 'Ready' || ips.length === 0) {
    const state = `phase ${phase ?? 'not said'}, ${ips.length} addresses`;
    throw new OperatorError(
      `${where('status')}: is not ready (${state}); wait until it is, and export it again`,
      ExitCode.usage,
    );
  }
  draft.say('endpoint.mode', 'networkconfiguration', where('status'));
  for (const [at, ip] of ips.entries()) {
    draft.add('endpoint.loadBalancerIps', ip, where('status', 'loadBalancerIps', at));
  }
}

/** Whether a tree holds what the operator's chart names. */
export function isHelmValues(tree: unknown): boolean {
  const keys = ['endpointMode', 'customEndpoint'];
  return [tree, valueAt(tree, ['config'])].some(
    (holder) => isMapping(holder) && keys.some((key) => Object.hasOwn(holder, key)),
  );
}
