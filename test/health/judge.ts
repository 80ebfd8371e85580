// When a row of rounds changes a verdict.
import t from 'tap';
import type { Instant } from '../../src/clock.ts';
import { Judge } from '../../src/health/judge.ts';

/** One round a second: `+` good, `-` bad. Returns the verdict after each, by its first letter. */
class Rounds {
  readonly judge = new Judge({ fall: 3, rise: 2 });
  now = 0 as Instant;

  run(rounds: string): string {
    return rounds
      .split('')
      .map((round) => {
        this.now = (this.now + 1000) as Instant;
        this.judge.round(round === '+', this.now);
        return this.judge.verdict[0];
      })
      .join('');
  }

  /** Falls, and counts the good rounds until it counts as healthy. */
  recoversAfter(): number {
    this.run('---');
    for (let count = 1; ; count += 1) if (this.run('+') === 'h') return count;
  }
}

await t.test('the first round decides; later ones only in a row', (t) => {
  t.equal(new Rounds().run('+--+--+'), 'hhhhhhh');
  t.equal(new Rounds().run('+---'), 'hhhu');
  t.equal(
    new Rounds().run('-+-++'),
    'uuuuh',
    'two in a row; one that never was healthy is not held down',
  );
  t.end();
});

await t.test(
  'who fell is held down without a failure, each time for longer, up to 5 minutes',
  (t) => {
    const rounds = new Rounds();
    rounds.run('+');
    t.equal(rounds.recoversAfter(), 6, '5 s after the first good round');
    t.equal(rounds.recoversAfter(), 11);
    t.equal(rounds.recoversAfter(), 21);
    rounds.run('---++++');
    t.equal(rounds.judge.waitsMs(rounds.now), 40_000 - 3000);
    t.equal(rounds.run('-'), 'u');
    t.equal(rounds.judge.waitsMs(rounds.now), 0, 'one failure, and it begins anew');
    t.equal(rounds.run('+'.repeat(41)).at(-1), 'h');
    for (let times = 0; times < 5; times += 1) rounds.recoversAfter();
    t.equal(rounds.recoversAfter(), 301);
    t.end();
  },
);

await t.test('ten minutes without a fall are forgiven', (t) => {
  const rounds = new Rounds();
  rounds.run('+');
  rounds.recoversAfter();
  t.equal(rounds.recoversAfter(), 11);
  rounds.run('+'.repeat(600));
  t.equal(rounds.recoversAfter(), 6);
  t.end();
});

await t.test('a verdict that was taken over stays until rounds speak against it', (t) => {
  const judge = new Judge({ fall: 3, rise: 2 }, 'unhealthy');
  t.equal(judge.round(true, 1 as Instant), false);
  t.equal(judge.round(true, 2 as Instant), true);
  t.equal(judge.verdict, 'healthy');
  t.end();
});
