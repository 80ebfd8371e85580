import { each, goneByDeadline, holderStayed, measureAtMost, outageAtMost } from '../checks.ts';
import { heartbeatKey } from '../keys.ts';
import { movesSeen } from '../moves.ts';
import { hostMac } from '../names.ts';
import { heal, held, moved, MOVES, passes, takeover, takeoverBound } from '../outcomes.ts';
import type { Scenario, Stage } from '../scenario.ts';

/** Faults of a host's links, beside those of the demonstration. */

const FLAPS = 10;
const FLAP_MS = 500;
/** The look at etcd for the last beat, and its answer. */
const LOOK_MS = 50;
const LOOKED_LATE_MS = 200;
const LATE_BEAT_MS = 2_000;
/** TCP sends again what it has no answer to, 6 s after the first time at last. */
const ARRIVES_FOR_MS_MAX = 6_500;
const CLIENT_CUT_MS = 8_000;

export const flap: Scenario = {
  name: 'flap',
  summary: 'the carrier of end0 comes and goes ten times in 5 s',
  runs: 3,
  bound: (bounds) => `at most 2 moves, ${takeoverBound(bounds)} after the last`,
  checks: [
    goneByDeadline,
    measureAtMost('moves', 2, 'times'),
    outageAtMost((bounds) => FLAPS * FLAP_MS + takeover(bounds)),
  ],
  inject: async ({ lab, holder, signal }) => {
    for (let flap = 0; flap < FLAPS; flap += 1) {
      await lab.faults.pullCable(holder.index, 'end0');
      await lab.clock.sleep(FLAP_MS / 2, signal);
      await lab.faults.heal();
      await lab.clock.sleep(FLAP_MS / 2, signal);
    }
  },
  outcome: async (stage) => {
    await held(stage);
    await passes(2_000)(stage);
    stage.measures['moves'] = movesSeen(await stage.lab.instruments.collect());
  },
  heal,
};

/** Looks at the old holder's heartbeat in etcd until another host holds. */
async function followBeats(stage: Stage): Promise<void> {
  const { lab, holder, signal, measures, notes } = stage;
  const from = lab.clock.now();
  const over = new AbortController();
  const done = moved(stage).finally(() => over.abort());
  let last = { at: from, value: '' };
  while (!over.signal.aborted) {
    // The own member of a host that hears nothing may not answer: the others do.
    const [beat] = await lab.observer.entries(heartbeatKey(holder.name)).catch(() => []);
    const value = beat?.value ?? last.value;
    if (value !== last.value) last = { at: lab.clock.now(), value };
    await lab.clock.sleep(LOOK_MS, signal);
  }
  await done;
  measures['lastBeatMs'] = last.at - from;
  measures['afterLastBeatMs'] = lab.clock.now() - lab.holderForMs() - last.at;
  // Rare, and of interest: what it still said.
  if (last.at - from > LATE_BEAT_MS) notes.push(last.value);
}

export const repliesLost: Scenario = {
  name: 'replies-lost',
  summary: 'what the holder asks reaches etcd, and no answer comes back',
  runs: 3,
  // Who watches cannot tell a beat that was not answered from any other.
  bound: (bounds) =>
    `off by the deadline, another holds ${takeoverBound(bounds)} after the last beat that arrived`,
  checks: [
    ...MOVES,
    measureAtMost('afterLastBeatMs', (bounds) => takeover(bounds) + LOOKED_LATE_MS),
    measureAtMost('lastBeatMs', ARRIVES_FOR_MS_MAX),
  ],
  inject: ({ lab, holder }) => lab.faults.loseReplies(holder.index, lab.etcdOver),
  outcome: followBeats,
  heal,
};

export const clientCut: Scenario = {
  name: 'client-cut',
  summary: 'the holder is cut from its clients, and reaches etcd over mgmt0 (a documented limit)',
  runs: 2,
  bound: 'stays where it is, answers when healed',
  checks: [
    holderStayed,
    each(({ analysis: { outageMs } }) =>
      outageMs > CLIENT_CUT_MS + 1_000 ? 'does not answer when healed' : undefined,
    ),
  ],
  etcdOver: 'mgmt0',
  inject: ({ lab, holder }) => lab.faults.silence(holder.index),
  outcome: passes(CLIENT_CUT_MS),
  heal,
};

/** Of the station that nobody else is: no host's MAC has this second octet. */
const NEW_MAC = '02:79:00:00:00:01';

export const macChange: Scenario = {
  name: 'mac-change',
  summary: 'end0 of the holder gets another hardware address',
  runs: 3,
  bound: 'announced anew <= 0.1 s, same holder',
  checks: [holderStayed, measureAtMost('announceMs', 100)],
  inject: async ({ lab, holder, measures }) => {
    await lab.network.setMac(holder.index, 'end0', NEW_MAC);
    measures['changedAt'] = lab.clock.now();
  },
  outcome: async (stage) => {
    // Longer than the refresh of announcements, every 3 s.
    await passes(4_000)(stage);
    const { lab, measures } = stage;
    const { claims } = await lab.instruments.collect();
    const first = claims.find(({ mac, broadcast }) => broadcast && mac === NEW_MAC);
    const changedAt = measures['changedAt'] ?? 0;
    delete measures['changedAt'];
    if (first !== undefined) measures['announceMs'] = Math.max(0, first.at - changedAt);
  },
  heal: ({ lab, holder }) =>
    lab.network.setMac(holder.index, 'end0', hostMac(holder.index, 'end0')),
};
