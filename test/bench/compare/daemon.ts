import { daemonCommand } from '../../../src/lab/daemon-command.ts';
import { packageVersion } from '../../../src/version.ts';
import type { Contender } from './contender.ts';

/** How often the holder beats, in milliseconds (design §4). */
const BEAT_EVERY_MS = { seconds: 500, steady: 500, fast: 100 } as const;
type Profile = keyof typeof BEAT_EVERY_MS;

/** vip-elector, this very build, with one of its profiles. */
export function daemon(profile: Profile): Contender {
  return {
    name: profile,
    summary: `vip-elector, profile \`${profile}\`; etcd on the same three hosts`,
    etcd: true,
    beatEveryMs: BEAT_EVERY_MS[profile],
    notApplicable: [],
    version: () => Promise.resolve(`vip-elector ${packageVersion()}`),
    command: (context) => daemonCommand({ ...context, profile }),
  };
}
