// Over a simulated kernel: which addresses are ours.
import t from 'tap';
import { foreign, link } from '../../fixtures/fake-kernel.ts';
import { END0, MINE, monitorBench, OWN, texts } from '../../fixtures/monitor-bench.ts';
import { settle } from '../../fixtures/virtual-clock.ts';

await t.test('a kernel without marks: recorded is ours, on that link', async (t) => {
  const marks = { marksAddresses: false };
  const { kernel, monitor } = monitorBench(t, marks, ['end0 10.0.0.100', 'end0 10.0.0.101']);
  kernel.linkList = [END0, link(3, 'end1')];
  kernel.list = [OWN, { ...MINE, ours: false }, foreign(3, '10.0.0.100', 32)];
  await monitor.start();
  t.strictSame(texts(monitor), ['10.0.0.1', '10.0.0.100 ours', '10.0.0.100']);
  kernel.add(foreign(2, '10.0.0.101', 32));
  await settle();
  t.ok(texts(monitor).includes('10.0.0.101 ours'), 'by an event as well');
});

await t.test('a kernel with marks: what carries none is not ours, recorded or not', async (t) => {
  const { kernel, monitor } = monitorBench(t, {}, ['end0 10.0.0.100']);
  kernel.list = [OWN, { ...MINE, ours: false }];
  await monitor.start();
  t.strictSame(texts(monitor), ['10.0.0.1', '10.0.0.100']);
});
