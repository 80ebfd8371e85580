import { OperatorError } from '../../errors.ts';
import { MachineConfig } from '../document/machine-config.ts';
import { clusterFindings, countFindings, endpointFindings } from './cluster-rules.ts';
import type { LintFinding } from './finding.ts';
import { Findings } from './finding.ts';
import type { Known } from './known.ts';
import { talosFindings } from './talos-rules.ts';
import { versionFindings } from './version-rules.ts';
import { vipFindings } from './vip-rules.ts';

/** A file as it was read. */
export interface Source {
  readonly name: string;
  readonly text: string;
}

/**
 * Everything that is wrong with the configurations of a cluster, in the order of the files. What
 * cannot be read is a finding as well, and does not hide the others.
 * @param inventory its name, for what is found in it
 */
export function validate(
  sources: readonly Source[],
  known: Known,
  inventory?: string,
): LintFinding[] {
  const found: LintFinding[] = [];
  const configs: MachineConfig[] = [];
  for (const { name, text } of sources) {
    const read = parsed(name, text);
    if (read instanceof MachineConfig) {
      configs.push(read);
      found.push(...fileFindings(read, known));
    } else found.push(read);
  }
  found.push(...clusterFindings(configs), ...countFindings(configs, known, inventory));
  return found;
}

/** What is wrong with one file. */
export function fileFindings(config: MachineConfig, known: Known): LintFinding[] {
  const findings = new Findings(config);
  if (config.documents.length === 0) {
    findings.fail('syntax', undefined, 'config not found', 'the file is empty');
    return findings.list;
  }
  if (config.v1alpha1 === undefined) {
    const problem = 'no document with machine.type: its role is not known';
    findings.warn('talos', undefined, problem, 'is it a patch? check what it is merged into');
  }
  talosFindings(config, findings);
  vipFindings(config, known, findings);
  endpointFindings(config, findings);
  versionFindings(config, known.version, findings);
  return findings.list;
}

function parsed(name: string, text: string): MachineConfig | LintFinding {
  try {
    return MachineConfig.parse(text, name);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    const [, place = name] = /^(.*:\d+:\d+): /.exec(error.message) ?? [];
    const message = error.message.startsWith(`${place}: `)
      ? error.message.slice(place.length + 2)
      : error.message;
    return { file: name, place, rule: 'syntax', level: 'fail', message };
  }
}
