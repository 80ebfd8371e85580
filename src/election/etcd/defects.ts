/** What is known to be wrong with a version of etcd, as far as it concerns us (reliability.md §2.4). */
interface Defect {
  /** The first sound version of each release line, `major.minor` → patch; lines in between are not listed. */
  readonly soundFrom: Readonly<Record<string, number>>;
  readonly what: string;
}

const DEFECTS: readonly Defect[] = [
  {
    soundFrom: { '3.4': 42, '3.5': 28, '3.6': 9 },
    what: 'linearizable reads may be stale after a pause of the server (etcd#20418)',
  },
  {
    soundFrom: { '3.4': 38, '3.5': 23, '3.6': 5 },
    what: 'keep-alives of a revoked lease may be acknowledged (etcd#20590)',
  },
  {
    soundFrom: { '3.4': 31, '3.5': 13 },
    what: 'a leader that was stuck may revoke living leases (etcd#15247)',
  },
  {
    soundFrom: { '3.4': 36, '3.5': 18 },
    what: 'watches may lose events (etcd#17529, etcd#18089)',
  },
  {
    soundFrom: { '3.5': 28, '3.6': 9 },
    what: 'clients may act without the rights for it (CVE-2026-33413, CVE-2026-33343)',
  },
];

/** Every line of this major version and later than these is newer than the fixes. */
const MAJOR = 3;
const NEWEST_MINOR = 6;
const OLDEST_MINOR = 4;

/**
 * Known defects of a server version such as `3.4.23`, in words; none for one that we cannot read or
 * that is newer than the list.
 */
export function defectsOf(version: string): readonly string[] {
  const [, major, minor, patch] = /^(\d+)\.(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined || minor === undefined || patch === undefined) return [];
  if (Number(major) > MAJOR || (Number(major) === MAJOR && Number(minor) > NEWEST_MINOR)) return [];
  if (Number(major) < MAJOR || Number(minor) < OLDEST_MINOR) {
    return [`${major}.${minor} is older than all that vip-elector was tested with`];
  }
  return DEFECTS.filter(({ soundFrom }) => {
    const first = soundFrom[`${major}.${minor}`];
    return first !== undefined && Number(patch) < first;
  }).map(({ what }) => what);
}

/** The first version of the same release line with none of these defects; undefined: of no known line. */
export function firstSoundVersion(version: string): string | undefined {
  const line = /^\d+\.\d+(?=\.\d)/.exec(version)?.[0] ?? '';
  const patches = DEFECTS.flatMap(({ soundFrom }) => soundFrom[line] ?? []);
  return patches.length === 0 ? undefined : `${line}.${Math.max(...patches)}`;
}
