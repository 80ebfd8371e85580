// What a holder in its steady state costs etcd, as etcd itself counts it: it does not grow with the
// number of VIPs, nor with the number of groups.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  makeHosts,
  ramDirectory,
  startDaemon,
  startEtcd,
  VIP,
  writeReleased,
  type Host,
} from '../../fixtures/hosts.ts';
import { inNamespace } from '../../fixtures/namespace.ts';
import { until } from '../../fixtures/program.ts';

/** A window from one read of the daemon to another, so many reads later: about 37 heartbeats. */
const READS = 5;
/** How often etcd is asked: its answer is long, and the daemon wants the machine for itself. */
const LOOK = { everyMs: 100 };
/** A window in which a call failed, on a machine that has too much to do, is measured again. */
const WINDOWS_MAX = 4;
/** One heartbeat or keep-alive more or less falls into a window, by chance. */
const CHANCE = 1 / 30;
/**
 * Bytes from all clients and to them per heartbeat, more or less: chance, and three bytes for the mark
 * of each group's token, in a beat of some thousand bytes.
 */
const CHANCE_BYTES = CHANCE + 0.02;

/** Counters of etcd; of one process, so differences are of one daemon. */
interface Counters {
  readonly atMs: number;
  /** Writes: in the steady state every write is a heartbeat. */
  readonly beats: number;
  /** Transactions that write nothing. */
  readonly reads: number;
  /** Requests of any kind, a stream being one. */
  readonly requests: number;
  readonly received: number;
  readonly sent: number;
}

const number = (line: string): number => Number(line.slice(line.lastIndexOf(' ') + 1));

async function countersOf(endpoint: string): Promise<Counters> {
  const reply = await fetch(`${endpoint}/metrics`, { signal: AbortSignal.timeout(5_000) });
  const lines = (await reply.text()).split('\n');
  const sum = (begins: string, has = ''): number =>
    lines
      .filter((line) => line.startsWith(begins) && line.includes(has))
      .reduce((total, line) => total + number(line), 0);
  const beats = sum('etcd_debugging_mvcc_put_total ');
  const txns = sum('grpc_server_handled_total{', 'grpc_method="Txn"');
  return {
    atMs: performance.now(),
    beats,
    reads: txns - beats,
    requests: sum('grpc_server_handled_total{'),
    received: sum('etcd_network_client_grpc_received_bytes_total '),
    sent: sum('etcd_network_client_grpc_sent_bytes_total '),
  };
}

interface Cost {
  readonly beats: number;
  readonly requestsPerBeat: number;
  readonly receivedPerBeat: number;
  readonly sentPerBeat: number;
  readonly perSecond: {
    readonly requests: number;
    readonly received: number;
    readonly sent: number;
  };
}

/** A start is over when no read has come for so long: a holder that has settled reads every 3.7 s. */
const SETTLED_MS = 1000;

/** Waits until what ten takings side by side cause is over. */
async function settled(endpoint: string): Promise<void> {
  let last = await countersOf(endpoint);
  await until(
    'the start is over',
    async () => {
      const now = await countersOf(endpoint);
      if (now.reads !== last.reads) last = now;
      return now.atMs - last.atMs >= SETTLED_MS || undefined;
    },
    LOOK,
  );
}

/** Counts over a window that begins and ends with a read. */
async function measure(endpoint: string): Promise<Cost> {
  // Between a write and the end of its call a read may be counted too few, never too many.
  const from = await countersOf(endpoint);
  const readsSeen = (reads: number) => async (): Promise<Counters | undefined> => {
    const now = await countersOf(endpoint);
    return now.reads >= reads ? now : undefined;
  };
  const first = await until('a read', readsSeen(from.reads + 2), LOOK);
  const last = await until('more reads', readsSeen(first.reads + READS), LOOK);
  const beats = last.beats - first.beats;
  const seconds = (last.atMs - first.atMs) / 1000;
  const of = (name: 'requests' | 'received' | 'sent'): number => last[name] - first[name];
  return {
    beats,
    requestsPerBeat: of('requests') / beats,
    receivedPerBeat: of('received') / beats,
    sentPerBeat: of('sent') / beats,
    perSecond: {
      requests: of('requests') / seconds,
      received: of('received') / seconds,
      sent: of('sent') / seconds,
    },
  };
}

const vips = (count: number): string =>
  Array.from({ length: count }, (_, n) => `10.77.200.${n + 1}`).join(', ');
const group = (name: string, list: string): string =>
  `  - {name: ${name}, vips: [${list}], link: auto}`;

await inNamespace(t, import.meta.url, async () => {
  const SHAPES = [
    { name: '1 VIP', groups: [group('g0', VIP)] },
    { name: '100 VIPs in a group', groups: [group('g0', vips(100))] },
    {
      name: '10 groups of 1 VIP',
      groups: Array.from({ length: 10 }, (_, n) => group(`g${n}`, `10.77.200.${n + 1}`)),
    },
  ];

  await t.test('requests and bytes per heartbeat', async (t) => {
    const hosts = makeHosts(t, SHAPES.length);
    const costOf = async ({ name, groups }: (typeof SHAPES)[number], host: Host): Promise<Cost> => {
      const { endpoint } = await startEtcd(t, { host: () => host.address.replace(/1$/, '254') });
      writeReleased(endpoint, ...groups.map((_, n) => `g${n}`));
      const dir = ramDirectory(t, host.name);
      const config = join(dir, 'config.yaml');
      const named = groups.map((line) => line.replace('auto', host.name));
      writeFileSync(config, ['groups:', ...named].join('\n'));
      const args = ['--config', config];
      const daemon = startDaemon(t, host, { endpoint, runtimeDir: join(dir, 'run'), args });
      for (const [n] of groups.entries()) {
        await daemon.said({ msg: 'transition', to: 'leading', group: `g${n}` });
      }
      await settled(endpoint);
      const failures = (): number => daemon.all({ level: 'warn' }).length;
      let cost: Cost | undefined;
      for (let window = 0; cost === undefined && window < WINDOWS_MAX; window += 1) {
        const before = failures();
        const measured = await measure(endpoint);
        if (failures() === before) cost = measured;
      }
      await daemon.stop();
      if (cost === undefined) throw new Error(`${name}: no window without a failure`);
      return cost;
    };
    const costs = await Promise.all(SHAPES.map((shape, n) => costOf(shape, hosts[n]!)));
    const [one, manyVips, manyGroups] = costs as [Cost, Cost, Cost];
    for (const [n, { name }] of SHAPES.entries()) {
      const { beats, requestsPerBeat, receivedPerBeat, sentPerBeat, perSecond } = costs[n]!;
      t.comment(
        `${name}: ${perSecond.requests.toFixed(2)} requests/s, ` +
          `${perSecond.received.toFixed(0)} B/s to etcd, ${perSecond.sent.toFixed(0)} B/s from it; ` +
          `per heartbeat (of ${beats}): ${requestsPerBeat.toFixed(3)} requests, ` +
          `${receivedPerBeat.toFixed(1)} B to, ${sentPerBeat.toFixed(1)} B from`,
      );
    }
    const bytes = ({ receivedPerBeat, sentPerBeat }: Cost): number => receivedPerBeat + sentPerBeat;
    for (const [name, cost] of Object.entries({ manyVips, manyGroups })) {
      const requests = cost.requestsPerBeat / one.requestsPerBeat;
      const ratio = bytes(cost) / bytes(one);
      t.comment(`${name}: requests ×${requests.toFixed(3)}, bytes ×${ratio.toFixed(3)}`);
      t.ok(Math.abs(requests - 1) <= CHANCE, `${name}: as many requests as with one VIP`);
      t.ok(Math.abs(ratio - 1) <= CHANCE_BYTES, `${name}: as many bytes as with one VIP`);
    }
  });
});
