import type * as zod from 'zod';
import { CONFLICT_POLICIES } from '../events.ts';
import { parseVip } from '../network/address.ts';
import type { Vip } from '../network/types.ts';
import { z } from '../zod.ts';
import { parseDuration } from './duration.ts';
import { field } from './described.ts';
import { health } from './health.ts';
import { list, refuse, text, whole } from './checked.ts';
import type { Parsed } from './parsed.ts';
import { refused } from './parsed.ts';
import { parsePreemptAfter, parseWeight } from './preference.ts';
import { PROFILES } from './profiles.ts';
import type { Profile } from './types.ts';
import {
  parseEndpoint,
  parseGroupName,
  parseHookTimeout,
  parseKey,
  parseLinkName,
  parseListen,
  parseNode,
  parsePrefix,
  parseProgram,
  parseRuntimeDir,
} from './values.ts';

/** Most groups of a daemon: each costs operations of a transaction, of which etcd allows 128. */
export const GROUPS_MAX = 100;
/** Most VIPs of a group: all of them are armed anew at every proof. */
export const VIPS_MAX = 1000;
/** Most members of an etcd cluster that anyone runs is 9; each costs a connection. */
export const ENDPOINTS_MAX = 32;
const LINKS_MAX = 100;

function choice<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values);
}

const path = text((value) =>
  value === '' || value.includes('\0')
    ? { problem: 'is no path', remedy: 'name a file' }
    : { value },
);

const name = text((value) =>
  value.trim() === '' ? { problem: 'is empty', remedy: 'give a name or leave it out' } : { value },
);

function parseOneVip(value: string): Parsed<Vip> {
  const outcome = parseVip(value);
  return refused(outcome) ? outcome : { value: outcome.vip };
}

const profile = text((value): Parsed<Profile> => {
  const known = PROFILES.find((one) => one === value);
  if (known !== undefined) return { value: known };
  return { problem: 'is no profile', remedy: `use ${PROFILES.join(', ')}` };
});

const linkNames = list(parseLinkNameOrAuto, LINKS_MAX);
const link = linkNames.transform((names, context): 'auto' | string[] => {
  if (!names.includes('auto')) return names;
  if (names.length === 1) return 'auto';
  const remedy = 'write auto alone, or names of links';
  return refuse(context, { problem: 'has auto among names', remedy });
});

function parseLinkNameOrAuto(value: string): Parsed<string> {
  return value === 'auto' ? { value } : parseLinkName(value);
}

const group = z.strictObject({
  name: field('name', text(parseGroupName)),
  vips: field('vips', list(parseOneVip, VIPS_MAX)),
  link: field('link', link),
  electionKey: field('electionKey', text(parseKey)),
  weight: field('weight', whole(parseWeight)),
  preempt: field('preempt', z.boolean()),
  preemptAfter: field('preemptAfter', text(parsePreemptAfter)),
  health: health.optional().describe('what tells whether this node should hold the group'),
});

const etcd = z.strictObject({
  endpoints: field('etcd.endpoints', list(parseEndpoint, ENDPOINTS_MAX)),
  ca: field('etcd.ca', path),
  cert: field('etcd.cert', path),
  key: field('etcd.key', path),
  serverName: field('etcd.serverName', name),
  user: field('etcd.user', name),
  passwordFile: field('etcd.passwordFile', path),
  insecure: field('etcd.insecure', z.boolean()),
});

const log = z.strictObject({
  level: field('log.level', choice(['debug', 'info', 'warn', 'error'])),
  format: field('log.format', choice(['auto', 'json', 'pretty'])),
});

const hooks = z.strictObject({
  elected: field('hooks.elected', text(parseProgram)),
  released: field('hooks.released', text(parseProgram)),
  conflict: field('hooks.conflict', text(parseProgram)),
  timeout: field('hooks.timeout', text(parseHookTimeout)),
});

/** The configuration as it is written. What belongs together is checked by `rules.ts`. */
export const schema = z.strictObject({
  node: field('node', text(parseNode)),
  prefix: field('prefix', text(parsePrefix)),
  etcd: etcd.optional().describe('how to reach etcd'),
  groups: z.array(group).max(GROUPS_MAX).optional().describe('groups of VIPs that move together'),
  profile: field('profile', profile),
  holdFor: field('holdFor', text(parseDuration)),
  leaseTtl: field('leaseTtl', text(parseDuration)),
  announceEvery: field('announceEvery', text(parseDuration)),
  onConflict: field('onConflict', choice(CONFLICT_POLICIES)),
  listen: field('listen', text(parseListen)),
  runtimeDir: field('runtimeDir', text(parseRuntimeDir)),
  stateDir: field('stateDir', text(parseRuntimeDir)),
  log: log.optional().describe('the log on standard output'),
  hooks: hooks.optional().describe('programs to run at what happens to a group'),
  keepOnStop: field('keepOnStop', z.boolean()),
});

/** What the schema makes of a written configuration; every field may be missing. */
export type Draft = zod.output<typeof schema>;
export type GroupDraft = zod.output<typeof group>;

/** Names allowed at a place in the file, for the did-you-mean. `groups[3]` is like any group. */
export function knownNames(place: readonly PropertyKey[]): string[] {
  if (place[0] === 'groups') return Object.keys((place[2] === 'health' ? health : group).shape);
  if (place[0] === 'etcd') return Object.keys(etcd.shape);
  if (place[0] === 'hooks') return Object.keys(hooks.shape);
  if (place[0] === 'log') return Object.keys(log.shape);
  return Object.keys(schema.shape);
}

/** The JSON schema (draft 2020-12) of a configuration file, for editors. */
export function jsonSchema(): Record<string, unknown> {
  return {
    title: 'vip-elector configuration',
    ...z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
  };
}
