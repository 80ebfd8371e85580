/**
 * Searches all runs of the protocol on paper's scale: no violation of the protocol, one of each mutant
 * and of each hole that was found in it, and every goal reached. README.md beside this file says what
 * the switches mean. `npm run model -- --full` takes the large sizes as well.
 */
import { constants, setPriority } from 'node:os';
import t from 'tap';
import { buildChecker, check, counterexample, type Size } from '../fixtures/model-checker.ts';

const TWO: Size = { nodes: 2, slots: 2 };
const THREE: Size = { nodes: 3, slots: 1 };
const PATIENCE_MS = 1_800_000;
const PATIENCE_FULL_MS = 36_000_000;
const FULL = process.env['VIP_ELECTOR_MODEL_FULL'] === '1';
/** Switches of one run whose counterexample is wanted, and nothing else. */
const TRACE = process.env['VIP_ELECTOR_MODEL_TRACE'];

/** What befalls nodes and keys though nobody deletes a key by hand. */
const FAULTS = 'leases,restarts';
const ALL_FAULTS = `${FAULTS},keys,heartbeats,records`;
const USUAL = `${FAULTS},keys,single`;
/** One switch more: ranged proofs end a longest promise after the last exact one. */
const BOUNDED = 'keys,single,long,bounded';

interface Run {
  readonly name: string;
  readonly words: string;
  readonly size?: Size;
}

const SAFE: readonly Run[] = [
  { name: 'two requests on their way', words: `${FAULTS},keys` },
  { name: 'two lengths of promise', words: `${USUAL},long` },
  { name: 'clocks that run slow and fast', words: `${USUAL},drift` },
  { name: 'whatever is deleted', words: `${ALL_FAULTS},single` },
  { name: 'three nodes', words: 'leases,keys', size: THREE },
  { name: 'only takings write the epoch', words: `${ALL_FAULTS},single,takings` },
  { name: 'a key gone for the longest promise', words: BOUNDED },
];

const SAFE_FULL: readonly Run[] = [
  { name: 'whatever is deleted, two requests', words: ALL_FAULTS },
  { name: 'two lengths of promise, two requests', words: `${FAULTS},keys,long` },
  { name: 'slow clocks, two requests', words: `${FAULTS},keys,drift` },
  { name: 'three nodes, restarts', words: `${FAULTS},keys`, size: THREE },
  { name: 'three nodes, whatever is deleted', words: ALL_FAULTS, size: THREE },
  { name: 'whatever is deleted, two lengths of promise', words: `${ALL_FAULTS},single,long` },
  { name: 'only takings write the epoch, two requests', words: `${ALL_FAULTS},takings` },
  {
    name: 'a key gone for the longest promise, whatever else is deleted',
    words: `${BOUNDED},${FAULTS},heartbeats,records`,
  },
];

const MUTANTS: readonly Run[] = [
  { name: 'validity counted from receipt', words: `${USUAL},receipt` },
  { name: 'takeover after the hold, without the rate margin', words: `${USUAL},drift,margin` },
  { name: 'taking at once when the key of the holder vanished', words: `${USUAL},vanish` },
  { name: 'a refused beat taken for a proof', words: `${USUAL},ignore` },
  { name: 'resign before withdraw', words: `${USUAL},resignfirst` },
  { name: 'a timer of the process as the only fence', words: `${USUAL},timeronly` },
  { name: 'a resumed lease without a new proof', words: `${USUAL},resume` },
  { name: 'the promised end moves back', words: `${USUAL},long,moveback` },
  { name: 'a late beat revives a released token', words: `${USUAL},late` },
  { name: 'listing ends before the address is off', words: `${USUAL},unlistearly` },
  { name: 'deposing does not compare the heartbeat', words: `${FAULTS},keys,nonode` },
  { name: 'beats do not compare their sequence', words: 'long,seqless' },
  {
    name: 'unlisted by a beat older than the record',
    words: 'keys,heartbeats,patient,anyunlisted',
  },
  { name: 'a vanished heartbeat key taken for death', words: `${USUAL},heartbeats,takenfordead` },
  { name: 'beats do not compare the records', words: `${USUAL},norecord` },
  { name: 'a successor that counts from when the key was gone', words: `${USUAL},oldsuccessor` },
  { name: 'ranged proofs that only beats bound', words: `${BOUNDED},unbounded` },
];

/** Each was a rule once; README.md tells the stories. */
const HOLES: readonly Run[] = [
  { name: 'A: no record seen twice', words: `${USUAL},records,nounknown` },
  { name: 'B: no heartbeat key seen twice', words: `${USUAL},heartbeats,noanew` },
  { name: 'C: a vanishing older than the record', words: `${USUAL},heartbeats,missdated` },
  { name: 'D: a resumption answered too late', words: `${FAULTS},keys,relist` },
  { name: 'E: no record, and nobody alive', words: `${USUAL},records,nounknown,literal` },
  { name: 'F: a beat beside a deleted record', words: `${USUAL},records,noepoch` },
  { name: 'G: a beat by another heartbeat key', words: `${USUAL},heartbeats,noanew,patient` },
  { name: 'H: a taking answered beside another heartbeat key', words: 'leases,heartbeats,rebased' },
];

const GOALS: readonly Run[] = [
  { name: 'a second holder after the first is silent', words: `${USUAL},goaltakeover` },
  { name: 'a taking in the very instant of a release', words: `${USUAL},goalhandover` },
  { name: 'a taking after the key is gone', words: `${USUAL},goalgone` },
  { name: 'a right resumed while its address stands', words: `${USUAL},goalresume` },
  {
    name: 'a second holder, whatever is deleted',
    words: `${ALL_FAULTS},single,goaltakeover`,
  },
  { name: 'a taking after the key is gone for long', words: `${BOUNDED},goalgone` },
];
const TWO_HOLDERS = '(holders<=1)';

// Its searches too: beside it other tests count milliseconds.
setPriority(constants.priority.PRIORITY_LOW);
t.setTimeout(FULL ? PATIENCE_FULL_MS : PATIENCE_MS);

function verdict({ words, size = TWO }: Run): { violated: string | undefined; comment: string } {
  const { violated, states, seconds } = check(buildChecker(size), words);
  return { violated, comment: `${words}: ${states} states in ${seconds} s` };
}

if (TRACE !== undefined) {
  for (const size of [TWO, THREE]) {
    const steps = counterexample(buildChecker(size), TRACE);
    t.comment(`${size.nodes} nodes:\n${steps ?? 'no run violates anything'}`);
  }
} else {
  for (const run of FULL ? [...SAFE, ...SAFE_FULL] : SAFE) {
    await t.test(`never two holders: ${run.name}`, async (t) => {
      const { violated, comment } = verdict(run);
      t.comment(comment);
      if (violated !== undefined) {
        t.comment(counterexample(buildChecker(run.size ?? TWO), run.words) ?? '');
      }
      t.equal(violated, undefined);
    });
  }
  for (const run of MUTANTS) {
    await t.test(`mutant: ${run.name}`, async (t) => {
      t.equal(verdict(run).violated, TWO_HOLDERS);
    });
  }
  for (const run of HOLES) {
    await t.test(`repaired hole ${run.name}`, async (t) => {
      t.equal(verdict(run).violated, TWO_HOLDERS);
    });
  }
  for (const run of GOALS) {
    await t.test(`reached: ${run.name}`, async (t) => {
      const { violated } = verdict(run);
      t.type(violated, 'string');
      t.not(violated, TWO_HOLDERS);
    });
  }
}
