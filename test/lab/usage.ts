import t from 'tap';
import { processStart, readUsage } from '../../src/lab/usage.ts';

await t.test('memory and CPU time of a process are those that it knows itself', async (t) => {
  const { rssMib, cpuMs } = await readUsage(process.pid);
  const own = process.memoryUsage.rss() / 2 ** 20;
  t.ok(Math.abs(rssMib - own) < own / 2, `${rssMib} MiB, ${own} MiB`);
  const { user, system } = process.cpuUsage();
  // Counted in ticks of 10 ms, and read a moment earlier.
  t.ok(cpuMs > 0 && cpuMs <= (user + system) / 1000 + 20, `${cpuMs} ms`);
});

await t.test('a process is told by its start from another with its pid', async (t) => {
  t.equal(await processStart(process.pid), await processStart(process.pid));
  t.not(await processStart(process.pid), await processStart(1));
  t.equal(await processStart(2 ** 22 + 1), undefined);
});
