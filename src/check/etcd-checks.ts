import type { Clock } from '../clock.ts';
import type { Config } from '../config/types.ts';
import { INSPECTED_WITHIN_MS } from '../election/etcd/inspection.ts';
import { readAccess, type Access } from '../election/etcd/access.ts';
import { StoreError } from '../election/store.ts';
import { refuseOwnVipAsEndpoint } from '../refusals.ts';
import { judgeCertificate, seeCertificateFiles, seeServerCertificate } from './certificate.ts';
import { judgeTalos, type ElectionsSeen } from './elections.ts';
import { judgeCluster, judgeEndpoint, type EndpointSeen } from './etcd.ts';
import { TRIED_WITHIN_MS, tryEtcd } from './etcd-trial.ts';
import { warn, type Finding } from './finding.ts';
import { seeEndpoints } from './look.ts';
import type { Check } from './runner.ts';
import { judgeTrial } from './trial.ts';

/** Names are resolved, certificates shown, within these. */
const NAMES_WITHIN_MS = 5000;

const NO_ETCD = warn(
  'etcd',
  'no endpoint is configured: none was asked',
  'name the configuration of the daemon (--config), or --etcd',
);

export interface EtcdCheckParts {
  readonly clock: Clock;
  readonly elections: (signal: AbortSignal) => Promise<ElectionsSeen | undefined>;
}

/** What there is to be asked of etcd: each endpoint, their certificates, what the cluster does for us. */
export function etcdChecks(config: Config, { clock, elections }: EtcdCheckParts): Check[] {
  const { etcd, prefix, timing, groups } = config;
  const name = 'etcd';
  if (etcd.endpoints.length === 0) {
    return [{ name, withinMs: NAMES_WITHIN_MS, look: async () => [NO_ETCD] }];
  }
  const needs = { prefix, requestDeadlineMs: timing.requestDeadlineMs };
  return [
    {
      name,
      withinMs: NAMES_WITHIN_MS,
      look: async () => {
        await refuseOwnVipAsEndpoint(config, clock);
        return [];
      },
    },
    {
      name,
      withinMs: INSPECTED_WITHIN_MS + TRIED_WITHIN_MS + NAMES_WITHIN_MS,
      look: async (signal) => {
        const access = await readAccess(etcd);
        const seen = await seeEndpoints(etcd, { ...access, clock, prefix, signal });
        return [
          ...seen.map((each) => judgeEndpoint(each, needs)),
          ...judgeCluster(seen),
          ...(await trial(config, { access, seen, clock, signal })),
        ];
      },
    },
    {
      name: 'certificates',
      withinMs: NAMES_WITHIN_MS,
      look: async (signal) => {
        const shown = await Promise.all(
          etcd.endpoints
            .filter((url) => url.startsWith('https:'))
            .map((url) => seeServerCertificate(url, etcd, signal)),
        );
        const all = [...seeCertificateFiles(etcd), ...shown.filter((each) => each !== undefined)];
        return all.map((each) => judgeCertificate(each, clock.wallMs()));
      },
    },
    {
      name: 'Talos',
      withinMs: NAMES_WITHIN_MS,
      look: async (signal) => judgeTalos(groups, (await elections(signal))?.managed),
    },
  ];
}

interface TrialOf {
  readonly access: Access;
  readonly seen: readonly EndpointSeen[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Of the first member that answers: they share log and rights. */
async function trial(
  { prefix, groups, timing }: Config,
  { access, seen, clock, signal }: TrialOf,
): Promise<Finding[]> {
  const first = seen.find(({ answer }) => !(answer instanceof Error));
  if (first === undefined) return [];
  const elsewhere = groups.flatMap(({ electionKey }) => electionKey ?? []);
  const places = [`${prefix}/`, ...elsewhere.map((key) => `${key}/`)].map((at) => `${at}check`);
  try {
    const tried = await tryEtcd(first.url, { ...access, clock, prefix, signal, places });
    return judgeTrial(tried, timing);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof StoreError)) throw error;
    return [warn('etcd writes', `could not be tried: ${error.message}`, 'run check again')];
  }
}
