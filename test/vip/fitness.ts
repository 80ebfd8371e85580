// Whether a node should hold a group, in simulated time: by its probes, and by what other nodes say.
import t from 'tap';
import type { FactsByNode, NodeFacts } from '../../src/election/node-facts.ts';
import type { CandidateView } from '../../src/election/types.ts';
import type { Verdict } from '../../src/health/types.ts';
import { others } from '../../src/vip/candidates.ts';
import { Fitness, type Preference } from '../../src/vip/fitness.ts';
import { leadingRig, startedRig, type Rig } from '../fixtures/group-rig.ts';
import { settle } from '../fixtures/virtual-clock.ts';

const MINE = candidate('n1', { mine: true });

function candidate(node: string, more: Partial<CandidateView> = {}): CandidateView {
  const own = { node, leaseId: node, revision: 7 };
  return { ...own, foreign: false, mine: false, alive: true, ...more };
}

function says(healthy: boolean, weight = 50): NodeFacts {
  return { groups: [{ name: 'api', vips: [], healthy, weight }] };
}

class Bench {
  readonly rig: Rig;
  readonly fitness: Fitness;
  /** What its probes say. */
  verdict: Verdict = 'unknown';
  readonly detail = 'livez: status 500';
  facts: FactsByNode = new Map();
  reads = 0;
  readonly heirs: (string | undefined)[] = [];
  readonly ending = new AbortController();

  constructor(rig: Rig, remembered = false, preference: Preference = {}) {
    this.rig = rig;
    const { clock, controller } = rig;
    const facts = async (): Promise<FactsByNode> => {
      this.reads += 1;
      return this.facts;
    };
    this.fitness = new Fitness(
      {
        clock,
        controller,
        election: { facts },
        handover: {
          candidates: async () =>
            others({ group: 'api', queue: controller.status.queue, facts: await facts() }),
        },
        signal: this.ending.signal,
        remembered,
        onDefect: (error) => rig.defects.push(error),
      },
      this,
      preference,
    );
    controller.standing = this.fitness;
  }

  /** Probes and queue as they are now. */
  async look(verdict: Verdict, ...queue: CandidateView[]): Promise<void> {
    this.verdict = verdict;
    const holder = this.rig.state === 'leading' ? 'n1' : queue.find(({ mine }) => !mine)?.node;
    this.rig.controller.onQueue({ queue, holder });
    await settle();
  }

  get stands(): boolean | undefined {
    return this.rig.candidates.get('api');
  }
}

async function standing(preference: Preference = {}): Promise<Bench> {
  const rig = await startedRig();
  const bench = new Bench(rig, false, preference);
  await bench.look('healthy');
  return bench;
}

async function leading(preference: Preference = {}): Promise<Bench> {
  const { rig } = await leadingRig();
  return new Bench(rig, false, preference);
}

await t.test('before the first round nobody stands who holds nothing', async (t) => {
  const rig = await startedRig();
  rig.candidates.set('api', false);
  const bench = new Bench(rig);
  rig.controller.start(undefined);
  await bench.look('unknown');
  t.equal(bench.stands, false);
  t.not(rig.state, 'faulted', 'and nothing is said against it');
  await bench.look('healthy');
  t.equal(bench.stands, true);
});

await t.test('a hold of an earlier life is resumed before anything was probed', async (t) => {
  const rig = await startedRig();
  const bench = new Bench(rig, true);
  rig.controller.start(rig.proof());
  await bench.look('unknown');
  t.equal(bench.stands, true);
});

await t.test('an unhealthy node does not campaign', async (t) => {
  const bench = await standing();
  await bench.look('unhealthy', candidate('n2'));
  t.equal(bench.stands, false);
  t.match(bench.rig.controller.status, {
    name: 'faulted',
    reason: 'unhealthy',
    detail: 'livez: status 500',
  });
  await bench.look('healthy', candidate('n2'));
  t.equal(bench.stands, true);
});

await t.test('a holder hands over only to a healthy one that waits', async (t) => {
  const bench = await leading();
  await bench.look('unhealthy', MINE);
  t.equal(bench.reads, 0, 'nobody waits: nobody is asked');
  for (const [facts, other] of [
    [says(false), candidate('n2')],
    [{ drained: true }, candidate('n2')],
    [says(true), candidate('n2', { alive: false })],
  ] as const) {
    await bench.rig.clock.advance(1000);
    bench.facts = new Map([['n2', facts]]);
    await bench.look('unhealthy', MINE, other);
    t.equal(bench.rig.state, 'leading', JSON.stringify([facts, other.alive]));
  }
  bench.rig.controller.onProved(bench.rig.proof());
  await bench.rig.clock.advance(1000);
  bench.facts = new Map([['n2', says(true)]]);
  bench.rig.took();
  await bench.look('unhealthy', MINE, candidate('n2'));
  t.match(bench.rig.took().at(-1), 'release unhealthy');
  t.equal(bench.rig.state, 'faulted');
  t.equal(bench.stands, false);
});

await t.test('etcd is asked once a second at most, and its trouble changes nothing', async (t) => {
  const bench = await leading();
  bench.facts = new Map([['n2', says(false)]]);
  await bench.look('unhealthy', MINE, candidate('n2'));
  await bench.look('unhealthy', MINE, candidate('n2'));
  t.equal(bench.reads, 1);
  await bench.rig.clock.advance(1000);
  await bench.look('unhealthy', MINE, candidate('n2'));
  t.equal(bench.reads, 2);
  t.strictSame(bench.rig.defects, []);
});

await t.test('with nobody else for 10 s an unhealthy one takes, and says why', async (t) => {
  const bench = await standing();
  await bench.look('unhealthy', candidate('n2'));
  await bench.rig.clock.advance(20_000);
  await bench.look('unhealthy');
  await bench.rig.clock.advance(9_900);
  await bench.look('unhealthy', candidate('n2', { alive: false }));
  t.equal(bench.stands, false, 'a dead one counts for nobody, and 10 s are not over');
  await bench.rig.clock.advance(100);
  await bench.look('unhealthy');
  t.equal(bench.stands, true);
  bench.rig.controller.onTaken(bench.rig.proof(), false);
  await settle();
  t.match(bench.rig.controller.status, { name: 'leading', reason: 'last-resort' });
  bench.facts = new Map([['n2', says(true)]]);
  await bench.look('unhealthy', MINE, candidate('n2'));
  t.equal(bench.rig.state, 'faulted', 'and gives it up to the first healthy one');
});

await t.test('the only one, unhealthy, is back at once when etcd failed it', async (t) => {
  const bench = await leading();
  const { controller, clock } = bench.rig;
  await bench.look('unhealthy', MINE);
  controller.onLost('lease-lost', '');
  await settle();
  await clock.advance(1000);
  await bench.look('unhealthy');
  t.equal(bench.stands, true);
  await bench.look('unhealthy', candidate('n2'));
  t.equal(bench.stands, false, 'but not where somebody else holds');
});

await t.test('who lost it with a healthy one waiting stays out', async (t) => {
  const bench = await leading();
  bench.facts = new Map([['n2', says(true)]]);
  await bench.look('unhealthy', MINE, candidate('n2'));
  bench.rig.controller.onLost('lease-lost', '');
  await settle();
  bench.rig.controller.onQueue({ queue: [candidate('n2')], holder: undefined });
  t.equal(bench.stands, false);
});

await t.test('of two last resorts one goes when the other holds', async (t) => {
  const bench = await standing();
  await bench.look('unhealthy');
  await bench.rig.clock.advance(10_000);
  await bench.look('unhealthy');
  bench.verdict = 'unhealthy';
  const queue = [candidate('n2'), MINE];
  bench.rig.controller.onQueue({ queue, holder: undefined });
  t.equal(bench.stands, true, 'it stays while nobody holds');
  bench.rig.controller.onQueue({ queue, holder: 'n2' });
  t.equal(bench.stands, false);
});

await t.test('a stranger that leads is somebody', async (t) => {
  const bench = await standing();
  await bench.look('unhealthy', candidate('talos', { foreign: true, alive: false }));
  await bench.rig.clock.advance(10_000);
  await bench.look('unhealthy', candidate('talos', { foreign: true, alive: false }));
  t.equal(bench.stands, false);
});

await t.test('no preemption unless told', async (t) => {
  const bench = await leading();
  bench.facts = new Map([['n2', says(true, 90)]]);
  await bench.look('healthy', MINE, candidate('n2'));
  t.equal(bench.reads, 0);
});

await t.test(
  'a heavier one gets it once it has waited, healthy, for the settling time',
  async (t) => {
    const bench = await leading({ weight: 50, preemptAfterMs: 5000 });
    const { clock } = bench.rig;
    const turn = async (facts: NodeFacts, ...queue: CandidateView[]): Promise<void> => {
      bench.facts = new Map([['n2', facts]]);
      await bench.look('healthy', MINE, ...queue);
      bench.rig.controller.onProved(bench.rig.proof());
      await clock.advance(1000);
    };
    for (let times = 0; times < 8; times += 1) await turn(says(true, 50), candidate('n2'));
    t.equal(bench.rig.state, 'leading', 'one of the same weight never');
    for (let times = 0; times < 4; times += 1) await turn(says(true, 90), candidate('n2'));
    await turn(says(false, 90), candidate('n2'));
    for (let times = 0; times < 4; times += 1) await turn(says(true, 90), candidate('n2'));
    await turn(says(true, 90), candidate('n2', { revision: 9 }));
    for (let times = 0; times < 4; times += 1) {
      await turn(says(true, 90), candidate('n2', { revision: 9 }));
      t.equal(bench.rig.state, 'leading', 'it began to wait anew');
    }
    bench.rig.took();
    await turn(says(true, 90), candidate('n2', { revision: 9 }));
    t.ok(bench.rig.transitions().includes('leading → withdrawing: preempted'));
    t.equal(bench.stands, true, 'and stands anew behind it');
  },
);

await t.test('once ended, it does nothing more', async (t) => {
  const bench = await standing();
  bench.ending.abort(new Error('over'));
  await bench.look('unhealthy');
  t.equal(bench.stands, true);
});
