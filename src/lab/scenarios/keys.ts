import { goneWithin, holderStayed, measureAtMost, nothingLost, outageAtMost } from '../checks.ts';
import { candidateOf, heartbeatKey, RECORD } from '../keys.ts';
import { held, moved, passes, takeover, takeoverBound, TAKEOVER_MS_MAX } from '../outcomes.ts';
import type { Scenario, Stage } from '../scenario.ts';

/** Somebody meddles with the keys under the holder. */

/** A heartbeat (500 ms) and its deadline (800 ms): then it must have noticed. */
const NOTICED_MS_MAX = 1_300;
/** Without a record, whoever takes waits for the longest promise that there is, and no more. */
const LONGEST_TAKEOVER_MS = 12_000;

/** For so long everything is deleted over and over. */
const AGAIN_FOR_MS = 2_000;

async function nothing(): Promise<void> {}

export const leaseRevoked: Scenario = {
  name: 'lease-revoked',
  summary: "somebody revokes the holder's lease, and its keys go with it",
  runs: 3,
  bound: (bounds) => `off <= 1.3 s, held again ${takeoverBound(bounds)}`,
  checks: [goneWithin(NOTICED_MS_MAX), outageAtMost(takeover)],
  inject: async ({ lab, holder }) => {
    const { lease } = await candidateOf(lab, holder.name);
    await lab.observer.call('/v3/lease/revoke', { ID: lease });
  },
  outcome: held,
  heal: nothing,
};

export const keyDeleted: Scenario = {
  ...leaseRevoked,
  name: 'key-deleted',
  summary: "somebody deletes the holder's candidate key",
  inject: async ({ lab, holder }) => {
    const { key } = await candidateOf(lab, holder.name);
    await lab.observer.delete(key);
  },
};

export const recordDeleted: Scenario = {
  ...leaseRevoked,
  name: 'record-deleted',
  summary: 'somebody deletes the record of who holds',
  bound: 'nothing lost, no move',
  checks: [nothingLost, holderStayed],
  inject: ({ lab }) => lab.observer.delete(RECORD),
  outcome: passes(TAKEOVER_MS_MAX),
};

export const heartbeatDeleted: Scenario = {
  ...recordDeleted,
  name: 'heartbeat-deleted',
  summary: "somebody deletes the holder's heartbeat",
  inject: ({ lab, holder }) => lab.observer.delete(heartbeatKey(holder.name)),
};

/** What our keys begin with. */
const PREFIX = '/vip-elector/';

export const allDeleted: Scenario = {
  ...leaseRevoked,
  name: 'all-deleted',
  summary: 'somebody deletes all our keys, again and again',
  bound: 'off <= 1.3 s, held again <= 12 s after',
  checks: [
    goneWithin(NOTICED_MS_MAX),
    outageAtMost(LONGEST_TAKEOVER_MS + TAKEOVER_MS_MAX),
    measureAtMost('backMs', LONGEST_TAKEOVER_MS + NOTICED_MS_MAX),
  ],
  inject: ({ lab }) => lab.observer.deleteUnder(PREFIX),
  outcome: async (stage) => {
    const { lab } = stage;
    const until = lab.clock.now() + AGAIN_FOR_MS;
    while (lab.clock.now() < until) await lab.observer.deleteUnder(PREFIX);
    const from = lab.clock.now();
    await held(stage);
    stage.measures['backMs'] = lab.clock.now() - lab.holderForMs() - from;
  },
};

const STRANGER = 'a stranger was here';

/** Takes the stranger's value away; a key that its owner has written again stays. */
async function forget({ lab }: Stage, prefix: string): Promise<void> {
  for (const { key, value } of await lab.observer.entries(prefix)) {
    if (value === STRANGER) await lab.observer.delete(key);
  }
}

export const keyOverwritten: Scenario = {
  name: 'key-overwritten',
  summary: "somebody overwrites the holder's candidate key, whose lease it loses",
  runs: 3,
  bound: (bounds) => `off <= 1.3 s, held again ${takeoverBound(bounds)}`,
  checks: [goneWithin(NOTICED_MS_MAX), outageAtMost(takeover)],
  inject: async ({ lab, holder }) => {
    const { key } = await candidateOf(lab, holder.name);
    await lab.observer.put(key, STRANGER);
  },
  outcome: passes(7_000),
  heal: async (stage) => {
    await forget(stage, '/vip-elector/elections/default/');
    await held(stage);
  },
};

export const heartbeatOverwritten: Scenario = {
  name: 'heartbeat-overwritten',
  summary: "somebody overwrites the holder's heartbeat, whose lease it loses",
  runs: 3,
  bound: (bounds) => `off <= 1.3 s, another holds ${takeoverBound(bounds)} after that`,
  checks: [goneWithin(NOTICED_MS_MAX), outageAtMost((bounds) => takeover(bounds) + NOTICED_MS_MAX)],
  inject: ({ lab, holder }) => lab.observer.put(heartbeatKey(holder.name), STRANGER),
  outcome: moved,
  heal: (stage) => forget(stage, heartbeatKey(stage.holder.name)),
};

export const strangers: Scenario = {
  name: 'other-keys',
  summary: 'somebody writes and deletes keys beside ours, a thousand of them',
  runs: 1,
  bound: 'nothing lost, no move',
  checks: [nothingLost, holderStayed],
  inject: async ({ lab }) => {
    for (let key = 0; key < 1_000; key += 1) await lab.observer.put(`/other/${key % 50}`, 'x');
  },
  outcome: passes(2_000),
  heal: nothing,
};
