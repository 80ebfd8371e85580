import type { CommandModule } from 'yargs';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/types.ts';
import { openEtcdStore } from '../election/etcd/open.ts';
import { StoreError } from '../election/store.ts';
import { survey, type Survey, type SurveyedGroup } from '../election/survey.ts';
import { OperatorError } from '../errors.ts';
import type { StatusReport } from '../observe/status.ts';
import { localStatus } from './control-client.ts';
import { configOptions, loadFrom, type Io } from './options.ts';
import { watchStatus } from './status-watch.ts';
import { statusText, type ClusterView, type GroupSummary } from './status-view.ts';

const READ_WITHIN_MS = 2000;
/** Each try goes to another endpoint. */
const MAX_TRIES = 4;

/** `vip-elector status`: who holds what, from etcd alone; with more where a daemon answers here. */
export function statusCommand(io: Io): CommandModule {
  return {
    command: 'status',
    describe: 'show who holds which virtual IP, since when and why',
    builder: (yargs) =>
      yargs
        .options(configOptions)
        .option('json', { type: 'boolean', describe: 'print JSON for programs' })
        .option('watch', {
          type: 'boolean',
          describe: 'go on until Ctrl-C: with --json a line for each change',
        }),
    handler: async (argv) => {
      const { config } = await loadFrom(argv, io, { groupsRequired: false });
      const { look, close } = await openLook(config);
      const json = argv['json'] === true;
      try {
        if (argv['watch'] === true) {
          await untilInterrupted((signal) =>
            watchStatus({ look, json, clock: systemClock, write: io.stdout, signal }),
          );
          return;
        }
        const view = await look(new AbortController().signal);
        const text = { nowMs: systemClock.wallMs(), colours: process.stdout.isTTY };
        io.stdout(json ? `${JSON.stringify(view, null, 2)}\n` : statusText(view, text));
      } finally {
        close();
      }
    },
  };
}

interface Look {
  /** @throws OperatorError when etcd does not answer */
  readonly look: (until: AbortSignal) => Promise<ClusterView>;
  readonly close: () => void;
}

/** Lets a command go on until Ctrl-C, SIGTERM, or its reader has gone. */
async function untilInterrupted(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort(new Error('interrupted'));
  const names = ['SIGINT', 'SIGTERM'] as const;
  for (const name of names) process.once(name, onSignal);
  process.stdout.once('error', onSignal);
  try {
    await work(stop.signal);
  } finally {
    for (const name of names) process.off(name, onSignal);
    process.stdout.off('error', onSignal);
  }
}

/** Opens etcd for looks at it. @throws OperatorError */
async function openLook(config: Config): Promise<Look> {
  const trouble = new Map<string, string>();
  const store = await openEtcdStore(config.etcd, {
    clock: systemClock,
    emit: (event) => {
      if (event.type !== 'endpoint') return;
      if (event.err === undefined) trouble.delete(event.endpoint);
      else trouble.set(event.endpoint, event.err);
    },
  });
  const elsewhere = new Map(
    config.groups.flatMap(({ name, electionKey }) =>
      electionKey === undefined ? [] : [[name, electionKey] as const],
    ),
  );
  const look = async (until: AbortSignal): Promise<ClusterView> => {
    const local = await localStatus(config.runtimeDir);
    for (let attempt = 1; ; attempt += 1) {
      const signal = AbortSignal.any([AbortSignal.timeout(READ_WITHIN_MS), until]);
      try {
        const options = { deadlineMs: READ_WITHIN_MS, signal };
        return viewOf(await survey(store, config.prefix, elsewhere, options), config, local);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        if (attempt < MAX_TRIES && !until.aborted) continue;
        const each = [...trouble].map(([endpoint, err]) => `\n  ${endpoint}: ${err}`).join('');
        const said = each === '' ? `: ${error.message}` : `:${each}`;
        throw new OperatorError(`etcd does not answer a linearizable read${said}`, undefined, {
          cause: error,
        });
      }
    }
  };
  return { look, close: () => store.close() };
}

function viewOf(found: Survey, config: Config, local: StatusReport | undefined): ClusterView {
  return {
    groups: found.groups.map((group) => groupSummary(group, local)),
    nodes: found.nodes.map(({ node, beat, facts }) => ({
      node,
      ...(facts?.version === undefined ? {} : { version: facts.version }),
      ...(beat === undefined ? {} : { holdForMs: beat.holdForMs }),
    })),
    etcd: { endpoints: config.etcd.endpoints, ...found.header },
    ...(local === undefined ? {} : { local }),
  };
}

function groupSummary(group: SurveyedGroup, report: StatusReport | undefined): GroupSummary {
  const { name, vips, record, queue } = group;
  const candidates = queue.map(({ node, leaseId, revision, foreign, beat, claims }) => ({
    node,
    leaseId,
    revision,
    foreign,
    ...(beat === undefined
      ? {}
      : {
          lastBeat: {
            seq: beat.seq,
            holdForMs: beat.holdForMs,
            role: claims ? ('holder' as const) : ('follower' as const),
          },
        }),
  }));
  const [leader] = candidates;
  const local = report?.groups.find((each) => each.name === name);
  return {
    name,
    vips,
    ...(record === undefined
      ? {}
      : {
          holder: {
            node: record.node,
            state: record.state,
            sinceMs: record.state === 'held' ? record.sinceMs : record.changedMs,
            reason: record.reason,
            by: record.by,
          },
        }),
    ...(leader === undefined ? {} : { leader }),
    candidates,
    ...(local === undefined
      ? {}
      : {
          local: {
            state: local.state,
            reason: local.reason,
            slackMs: report?.etcd.slackMs ?? null,
            ...(local.health !== undefined && { health: local.health }),
            vips: local.vips.map(({ address, held }) => ({ address, held })),
          },
        }),
  };
}
