/** What must be true of several fields together. Pure; files are the matter of `credentials.ts`. */
import type { Path } from './path.ts';
import { authentication, endpoints } from './rules-etcd.ts';
import type { Ruled } from './ruled.ts';
import { isRefused } from './ruled.ts';
import type { Draft, GroupDraft } from './schema.ts';
import { PROFILES, timingFor } from './profiles.ts';
import { timingProblems } from './timing.ts';
import type { Finding } from './issues.ts';

/** Applies all rules. */
export function checkRules(ruled: Ruled): Finding[] {
  return [
    ...missing(ruled),
    ...names(ruled.draft),
    ...vips(ruled),
    ...elections(ruled.draft),
    ...endpoints(ruled),
    ...authentication(ruled.draft),
    ...timing(ruled.draft),
  ];
}

function missing(ruled: Ruled): Finding[] {
  const { draft, groupsRequired, etcdRequired } = ruled;
  const found: Finding[] = [];
  const lacks = (path: Path, problem: string, remedy: string): void => {
    if (!isRefused(ruled, path)) found.push({ path, problem, remedy });
  };
  const groups = draft.groups ?? [];
  if (groupsRequired && groups.length === 0) {
    lacks(['groups'], 'is missing', 'name the virtual IP: --vip 10.0.0.100, or groups in a file');
  }
  for (const [index, { vips }] of groups.entries()) {
    if ((vips ?? []).length > 0) continue;
    lacks(['groups', index, 'vips'], 'is missing', 'name at least one virtual IP');
  }
  if (etcdRequired && (draft.etcd?.endpoints ?? []).length === 0) {
    const remedy = 'name the etcd members: https://10.0.0.1:2379,…';
    lacks(['etcd', 'endpoints'], 'is missing', remedy);
  }
  return found;
}

function names({ groups = [] }: Draft): Finding[] {
  return groups.flatMap(({ name }, index) => {
    const first = groups.findIndex((other) => other.name === name);
    if (name === undefined || first === index) return [];
    const problem = `is the name of groups[${first}] too`;
    return [{ path: ['groups', index, 'name'], problem, remedy: 'give each group its own name' }];
  });
}

function vips(ruled: Ruled): Finding[] {
  const seen = new Map<string, string>();
  return (ruled.draft.groups ?? []).flatMap(({ name = 'default', vips = [] }, index) => {
    const list = ['groups', index, 'vips'];
    return vips.flatMap(({ address }, position) => {
      const owner = seen.get(address);
      seen.set(address, name);
      if (owner === undefined) return [];
      // Where entries were refused the others have closed up: positions are those of the file no more.
      const path = isRefused(ruled, list) ? list : [...list, position];
      const problem = `names ${address} a second time, after group ${owner}`;
      return [{ path, problem, remedy: 'name each virtual IP once' }];
    });
  });
}

/** The key of a group's election; undefined where its parts were refused. */
function electionKeyOf(prefix: string | undefined, group: GroupDraft): string | undefined {
  if (group.electionKey !== undefined) return group.electionKey;
  const known = prefix !== undefined && group.name !== undefined;
  return known ? `${prefix}/elections/${group.name}` : undefined;
}

function elections({ prefix, groups = [] }: Draft): Finding[] {
  const keys = groups.map((group) => electionKeyOf(prefix, group));
  return groups.flatMap((group, index) => {
    const key = group.electionKey;
    if (key === undefined) return [];
    const path = ['groups', index, 'electionKey'];
    const own = electionKeyOf(prefix, { name: group.name });
    const remedy = 'give each election a key of its own, outside of the prefix';
    if (prefix !== undefined && key !== own && isBelow(key, prefix)) {
      return [{ path, problem: `is below the prefix ${prefix}, where other keys live`, remedy }];
    }
    if (prefix !== undefined && (key === prefix || isBelow(prefix, key))) {
      return [{ path, problem: `has all keys of the prefix ${prefix} below it`, remedy }];
    }
    const other = keys.findIndex((one, at) => at !== index && one !== undefined && clash(key, one));
    if (other === -1 || (other > index && groups[other]?.electionKey !== undefined)) return [];
    return [
      { path, problem: `is, or lies above or below, the election of groups[${other}]`, remedy },
    ];
  });
}

function isBelow(key: string, above: string): boolean {
  return key.startsWith(`${above}/`);
}

/** Candidates of the one would be taken for candidates of the other. */
function clash(one: string, other: string): boolean {
  return one === other || isBelow(one, other) || isBelow(other, one);
}

function timing({ profile, holdFor, announceEvery, leaseTtl }: Draft): Finding[] {
  const choice = { holdForMs: holdFor, announceEveryMs: announceEvery, leaseTtlMs: leaseTtl };
  return timingProblems(timingFor({ profile: profile ?? PROFILES[0], ...choice })).map(
    ({ field, problem, remedy }) => ({ path: [field], problem, remedy }),
  );
}
