import t from 'tap';
import { timingFor } from '../src/config/profiles.ts';
import type { Timing } from '../src/config/types.ts';
import { OperatorError } from '../src/errors.ts';
import { Tempo, timingBeside } from '../src/tempo.ts';
import { SOME_FENCE } from './fixtures/config.ts';

const steady = timingFor({ profile: 'steady' });
const fast = timingFor({ profile: 'fast', announceEveryMs: 1000 });
const seconds = timingFor({ profile: 'seconds' });
const LIFETIME = { kind: 'address-lifetime', profile: 'seconds', egress: false } as const;

function beside(timing: Timing, fence: Parameters<typeof timingBeside>[0]['fence']) {
  return (wanted: Timing) => () => timingBeside({ timing, fence }, wanted);
}

await t.test('everyone who goes by the timing goes by the new one', async (t) => {
  const told: Timing[] = [];
  const elector = { retime: (timing: Timing) => void told.push(timing) };
  const announcer = { everyMs: 3000 };
  const tempo = new Tempo({ timing: steady, fence: SOME_FENCE, elector, announcer });
  tempo.check(fast);
  t.strictSame([tempo.timing, told], [steady, []], 'to check changes nothing');
  tempo.change(fast);
  t.strictSame([tempo.timing, told], [fast, [fast]]);
  t.equal(announcer.everyMs, 1000);
  t.strictSame(tempo.fence, { ...SOME_FENCE, profile: 'fast' });
});

await t.test(
  'what rests on another guard of the kernel, or another lease, is refused',
  async (t) => {
    const fenced = beside(steady, SOME_FENCE);
    t.throws(fenced(seconds), /^profile: seconds cannot come after another profile/);
    t.throws(fenced(seconds), OperatorError);
    t.throws(
      fenced({ ...fast, leaseTtlMs: 20_000 }),
      /^the lease of 15 s cannot become one of 20 s while the daemon runs: restart it/,
    );
    const chosen = beside(seconds, LIFETIME);
    t.throws(chosen(steady), /^profile: steady cannot come after profile seconds/);
    const longer = timingFor({ profile: 'seconds', holdForMs: 6000 });
    t.strictSame(chosen(longer)(), longer);
  },
);

await t.test('where the kernel has no fence, what is run instead', async (t) => {
  const fence = { ...LIFETIME, err: 'Operation not supported' };
  const inUse = { timing: seconds, fence };
  t.match(timingBeside(inUse, fast), {
    profile: 'seconds',
    holdForMs: 4000,
    announceEveryMs: 1000,
  });
  t.strictSame(timingBeside(inUse, seconds), seconds);
});
