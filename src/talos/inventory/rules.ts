import type { Finding } from '../../config/issues.ts';
import type { Path } from '../../config/path.ts';
import type { Inventory, Machine } from './types.ts';

/** What belongs together in an inventory, and does not. */
export function ruleFindings(inventory: Inventory): Finding[] {
  return [
    ...doubles(inventory.machines, 'name', "Talos's election is by host name"),
    ...doubles(inventory.machines, 'address', 'every node has its own'),
    ...doubles(inventory.machines, 'mac', 'every link has its own'),
    ...vipFindings(inventory),
    ...modeFindings(inventory),
  ];
}

function doubles(machines: readonly Machine[], field: keyof Machine, why: string): Finding[] {
  const first = new Map<unknown, number>();
  return machines.flatMap((machine, index): Finding[] => {
    const value = machine[field];
    if (value === undefined) return [];
    const before = first.get(value);
    if (before === undefined) {
      first.set(value, index);
      return [];
    }
    const problem = `is that of nodes[${before}] as well`;
    return [{ path: ['nodes', index, field], problem, remedy: `give it another: ${why}` }];
  });
}

function vipFindings({ vips, machines }: Inventory): Finding[] {
  const families = vips.map((vip) => vip.includes(':'));
  const findings: Finding[] = [];
  if (families.length === 2 && families[0] === families[1]) {
    const problem = 'is of the same family as the first';
    findings.push({ path: ['vips', 1], problem, remedy: 'name one of IPv4 and one of IPv6' });
  }
  const held = machines.findIndex(({ address }) => vips.includes(address));
  if (held >= 0) {
    const path: Path = ['nodes', held, 'address'];
    findings.push({ path, problem: 'is a VIP', remedy: 'give the VIP an address of its own' });
  }
  return findings;
}

function modeFindings({ endpoint, vips, machines }: Inventory): Finding[] {
  const { mode, custom } = endpoint;
  const findings: Finding[] = [];
  if (mode === 'custom' && custom.length === 0) {
    findings.push(at(['endpoint', 'custom'], 'is missing', 'the mode custom needs an endpoint'));
  }
  if (mode !== 'custom' && custom.length > 0) {
    const remedy = 'write mode: custom, or remove the list';
    findings.push(at(['endpoint', 'custom'], `is not used by the mode ${mode}`, remedy));
  }
  if (mode !== 'talosvip' && vips.length > 0) {
    findings.push(at(['vips'], `is not used by the mode ${mode}`, 'write mode: talosvip'));
  }
  if (!machines.some(({ role }) => role === 'controlplane')) {
    findings.push(at(['nodes'], 'has no control plane', 'give one node role: controlplane'));
  }
  return findings;
}

function at(path: Path, problem: string, remedy: string): Finding {
  return { path, problem, remedy };
}
