import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { OperatorError } from '../../../src/errors.ts';
import type { Contender } from './contender.ts';

/** The scenarios that are about etcd, which it does not know. */
const ABOUT_ETCD = ['etcd-cut', 'crash-leader'];
const FIRST_PRIORITY = 100;

interface KeepalivedOptions {
  readonly node: string;
  readonly priority: number;
  readonly advertMs: number;
  readonly vips: readonly string[];
}

/**
 * A configuration (keepalived.conf(5)). Everything that is not here is Debian's default. Version 2 of
 * VRRP, its default, counts whole seconds; version 3 (RFC 5798 §5.2.7) hundredths.
 */
export function keepalivedConfig({ node, priority, advertMs, vips }: KeepalivedOptions): string {
  return [
    'global_defs {',
    `  router_id ${node}`,
    ...(advertMs % 1000 === 0 ? [] : ['  vrrp_version 3']),
    '}',
    'vrrp_instance vip {',
    // Needed by nopreempt: who comes back must not take the address from who has it.
    '  state BACKUP',
    '  nopreempt',
    '  interface end0',
    '  virtual_router_id 51',
    `  priority ${priority}`,
    `  advert_int ${advertMs / 1000}`,
    '  virtual_ipaddress {',
    ...vips.map((vip) => `    ${vip}/32 dev end0`),
    '  }',
    '}',
    '',
  ].join('\n');
}

/** Debian's keepalived with priorities 100, 99, 98, … and `nopreempt`. */
export function keepalived(advertMs: number): Contender {
  const seconds = advertMs / 1000;
  return {
    name: `keepalived-${seconds}s`,
    summary: `keepalived, \`advert_int ${seconds}\`, priorities 100/99/98, \`nopreempt\`; no etcd`,
    etcd: false,
    beatEveryMs: advertMs,
    notApplicable: ABOUT_ETCD,
    version: keepalivedVersion,
    command: ({ node, vips, runtimeDir }) => {
      mkdirSync(runtimeDir, { recursive: true });
      const file = (name: string): string => join(runtimeDir, name);
      const priority = FIRST_PRIORITY + 1 - Number(node.slice(1));
      writeFileSync(file('keepalived.conf'), keepalivedConfig({ node, priority, advertMs, vips }));
      // After a kill it takes what is left of its children, until they are reaped, for itself.
      for (const name of ['keepalived.pid', 'vrrp.pid']) rmSync(file(name), { force: true });
      return [
        'keepalived',
        '--dont-fork',
        '--vrrp',
        '--log-console',
        `--use-file=${file('keepalived.conf')}`,
        `--pid=${file('keepalived.pid')}`,
        `--vrrp_pid=${file('vrrp.pid')}`,
      ];
    },
  };
}

async function keepalivedVersion(): Promise<string> {
  try {
    // It says so on standard error.
    const { stdout, stderr } = await promisify(execFile)('keepalived', ['--version']);
    return /Keepalived v(\S+)/.exec(`${stdout}${stderr}`)?.[0].toLowerCase() ?? 'keepalived';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') throw error;
    throw new OperatorError('keepalived is not installed: install the package keepalived');
  }
}
