import t from 'tap';
import type { Connection } from '../../../src/election/etcd/connection.ts';
import { Line } from '../../../src/election/etcd/line.ts';
import { VirtualClock } from '../../fixtures/virtual-clock.ts';

/** A line whose connections are counted, with what becomes of each. */
function setUp() {
  const clock = new VirtualClock();
  const log: string[] = [];
  let count = 0;
  const connect = (): Connection => {
    count += 1;
    const name = count;
    const connection = {
      close: () => log.push(`close ${name}`),
      retire: () => log.push(`retire ${name}`),
    };
    log.push(`connect ${name}`);
    return connection as unknown as Connection;
  };
  return { clock, log, line: new Line(connect, clock) };
}

await t.test('it connects when it is needed, and once', (t) => {
  const { line, log } = setUp();
  t.strictSame(log, []);
  t.equal(line.open(), line.open());
  t.strictSame(log, ['connect 1']);
  line.close();
  line.close();
  t.strictSame(log, ['connect 1', 'close 1']);
  t.end();
});

await t.test('one that answers nothing is replaced, but not in its first two seconds', (t) => {
  const { line, log, clock } = setUp();
  const link = line.open();
  clock.pass(1999);
  line.unanswered(link, link.since);
  t.equal(line.open(), link);
  clock.pass(1);
  line.unanswered(link, link.since);
  t.not(line.open(), link);
  t.strictSame(log, ['connect 1', 'retire 1', 'connect 2'], 'what is under way on it may end');
  line.unanswered(link, link.since);
  t.equal(log.length, 3, 'the old one is of no interest any more');
  t.end();
});

await t.test('one that answered another call meanwhile stays', (t) => {
  const { line, log, clock } = setUp();
  const link = line.open();
  clock.pass(5000);
  const startedAt = clock.now();
  clock.pass(1);
  link.answeredAt = clock.now();
  line.unanswered(link, startedAt);
  t.equal(line.open(), link);
  t.strictSame(log, ['connect 1']);
  t.end();
});

await t.test('renewed, it connects anew, and what is under way may end', (t) => {
  const { line, log } = setUp();
  line.renew();
  const link = line.open();
  line.renew();
  t.not(line.open(), link);
  t.strictSame(log, ['connect 1', 'retire 1', 'connect 2']);
  t.end();
});
