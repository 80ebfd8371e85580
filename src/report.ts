import { elapsedMs, type Clock, type Instant } from './clock.ts';
import type { Config } from './config/types.ts';
import type { Elector } from './election/elector.ts';
import type { EtcdBoard } from './observe/etcd-board.ts';
import type { Answers } from './observe/observer.ts';
import type { GroupStatus, ProbeResult, StatusReport } from './observe/status.ts';
import type { Tempo } from './tempo.ts';
import type { GroupController } from './vip/controller.ts';
import type { Groups } from './vip/groups.ts';
import type { LineUp } from './vip/line-up.ts';

interface ReportParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly version: string;
  readonly startedAt: Instant;
  readonly groups: Groups;
  /** What the probes of a group say; undefined where there are none. */
  readonly health?: LineUp['health'];
  readonly elector: Pick<Elector, 'lastTurnAt'>;
  readonly etcd: EtcdBoard;
  readonly tempo: Pick<Tempo, 'timing' | 'fence'>;
}

function groupStatus(
  { group, status }: GroupController,
  health: ReturnType<LineUp['health']>,
): GroupStatus {
  const { name: state, reason, detail, sinceMs, queue, assignment } = status;
  return {
    name: group.name,
    state,
    reason,
    ...(detail === '' ? {} : { detail }),
    since: new Date(sinceMs).toISOString(),
    leader: queue[0]?.node ?? null,
    revision: queue[0]?.revision ?? null,
    vips: group.vips.map((vip) => ({
      address: vip.address,
      link: assignment.link?.name ?? null,
      held: assignment.isHeld(vip),
    })),
    candidates: [...queue],
    ...(health !== undefined && {
      health: {
        verdict: health.verdict,
        detail: health.detail,
        failures: Object.fromEntries(health.failures),
      },
    }),
  };
}

/** What the daemon answers when it is asked: `/status`, `/healthz`, the slack metric. */
export function report(parts: ReportParts): Pick<Answers, 'status' | 'health' | 'slackMs'> {
  const { config, clock, version, startedAt, groups, elector, etcd, tempo } = parts;
  const slackMs = (): number | undefined => {
    const open = groups.all().filter(({ fence }) => fence.deadline !== undefined);
    const now = clock.now();
    return open.length === 0 ? undefined : Math.min(...open.map(({ fence }) => fence.slackMs(now)));
  };
  const health = (): ProbeResult => {
    const idleMs = elapsedMs(elector.lastTurnAt, clock.now());
    const ok = idleMs <= tempo.timing.holdForMs;
    const detail = `the control loop turned ${Math.round(idleMs)} ms ago`;
    return { ok, detail };
  };
  const status = (): StatusReport => {
    const slack = slackMs();
    return {
      node: config.node,
      version,
      uptimeMs: Math.round(elapsedMs(startedAt, clock.now())),
      etcd: {
        endpoints: etcd.endpoints,
        connected: etcd.connected,
        holdForMs: etcd.holdForMs,
        slackMs: slack === undefined ? null : Math.round(slack),
      },
      fence: tempo.fence,
      groups: groups.all().map((each) => groupStatus(each, parts.health?.(each.group.name))),
    };
  };
  return { status, health, slackMs };
}
