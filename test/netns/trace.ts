// What `lab --trace handover` reads is what the daemons write: every step of a real handover is found
// in their logs, and none before the one that it follows from.
import t from 'tap';
import { traceHandover } from '../../src/lab/handover-trace.ts';
import type { Recording } from '../../src/lab/recording.ts';
import { makeSite, VIP, type Host } from '../fixtures/hosts.ts';
import { inNamespace } from '../fixtures/namespace.ts';
import type { LogLine } from '../fixtures/program.ts';

const leading = { msg: 'transition', to: 'leading' };
const bootMs = (line: LogLine): number => Number(line['bootUs']) / 1000;

function debug({ name }: Host): string[] {
  return ['--vip', VIP, '--link', name, '--log-level', 'debug'];
}

/** One answer of each holder: this test has no prober. */
function answered(lastAt: number, firstAt: number): Recording {
  const answers = [
    { probe: 0, at: lastAt, mac: 'old' },
    { probe: 1, at: firstAt, mac: 'new' },
  ];
  return {
    startedAt: lastAt,
    endedAt: firstAt,
    hostMacs: ['old', 'new'],
    probes: [{ vip: '', sentAt: [lastAt, firstAt], answers }],
    claims: [],
    addresses: [],
  };
}

await inNamespace(t, import.meta.url, async () => {
  await t.test('every step of a handover is in the logs at level debug', async (t) => {
    const { hosts, start } = await makeSite(t, { hosts: 2 });
    const [h1, h2] = hosts;
    const old = start(h1, { args: debug(h1) });
    await old.said(leading);
    const successor = start(h2, { args: debug(h2) });
    await successor.said({ msg: 'leader changed', leader: 'h1' });
    await old.said({ msg: 'heartbeat confirmed' }, old.lines.length);
    old.signal('SIGTERM');
    const stopping = await old.said({ msg: 'stopping' });
    await successor.said(leading);
    const announced = await successor.said({ msg: 'announced' });
    await old.end();
    const recording = answered(bootMs(stopping), bootMs(announced));
    const logs = [old.lines, successor.lines];
    const [first, ...steps] = traceHandover({ recording, before: 0, after: 1, logs });
    t.equal(first?.atMs, 0);
    t.equal(steps.length, 14);
    for (const { name, tookMs } of steps) {
      t.ok(tookMs !== undefined && tookMs >= 0, `${name} after ${tookMs?.toFixed(2)} ms`);
    }
  });
});
