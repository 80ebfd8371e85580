import t from 'tap';
import { judgeHost, seeHost, seeRivals, type HostSeen } from '../../src/check/host.ts';

const MIB = 1024 ** 2;
const GOOD: HostSeen = {
  clockSource: 'tsc',
  openFiles: 1024,
  memoryBytes: undefined,
  rooms: [{ path: '/run', bytes: 500 * MIB, files: 1000 }],
  rivals: [],
};

function judged(name: string, over: Partial<HostSeen>) {
  return judgeHost({ ...GOOD, ...over }).find((each) => each.name === name);
}

await t.test('a good host: a line each, all ok', async (t) => {
  t.strictSame(
    judgeHost(GOOD).map(({ name, verdict }) => [name, verdict]),
    [
      ['clock source', 'ok'],
      ['limits', 'ok'],
      ['room in /run', 'ok'],
      ['other software', 'ok'],
    ],
  );
});

await t.test('poor clocks, small limits, no room', async (t) => {
  t.match(judged('clock source', { clockSource: 'hpet' }), { verdict: 'warn', remedy: /dmesg/ });
  t.equal(judged('clock source', { clockSource: undefined })?.verdict, 'warn');
  t.match(judged('limits', { openFiles: 255 }), { verdict: 'fail', remedy: /LimitNOFILE=/ });
  t.match(judged('limits', { memoryBytes: 64 * MIB }), { verdict: 'warn', detail: /64 MiB/ });
  t.equal(judged('limits', { memoryBytes: 128 * MIB })?.verdict, 'ok');
  const room = (bytes: number, files = 9) =>
    judged('room in /run', { rooms: [{ path: '/run', bytes, files }] })?.verdict;
  t.strictSame([room(MIB - 1), room(2 * MIB), room(16 * MIB)], ['fail', 'warn', 'ok']);
  t.equal(room(500 * MIB, 0), 'fail', 'no inode is as bad');
});

await t.test(
  'another program: a warning; one that is told to hold our VIP: a failure',
  async (t) => {
    const running = { program: 'keepalived', where: 'process 12', vips: [] };
    t.match(judged('other software', { rivals: [running] }), {
      verdict: 'warn',
      detail: 'keepalived runs here (process 12)',
    });
    const told = { ...running, where: '/etc/keepalived/keepalived.conf', vips: ['10.0.0.100'] };
    t.match(judged('other software', { rivals: [told] }), {
      verdict: 'fail',
      detail: /keepalived is told to hold 10\.0\.0\.100 \(\/etc\/keepalived\/keepalived\.conf\)/,
    });
  },
);

await t.test('they are found by process and by file, by the whole address only', async (t) => {
  const root = t.testdir({
    proc: {
      '12': { comm: 'keepalived\n' },
      '13': { comm: 'keepalived\n' },
      '14': { comm: 'bash\n' },
      self: { comm: 'kube-vip\n' },
    },
    etc: {
      keepalived: { 'keepalived.conf': 'virtual_ipaddress {\n  10.0.0.100/24 dev end0\n}\n' },
      kubernetes: { manifests: { 'kube-vip.yaml': 'image: kube-vip\nvalue: 10.0.0.10\n' } },
    },
  });
  t.match(seeRivals(['10.0.0.100', '10.0.0.1'], root), [
    { program: 'keepalived', where: /keepalived\.conf$/, vips: ['10.0.0.100'] },
    { program: 'keepalived', where: 'process 13', vips: [] },
  ]);
  t.match(seeRivals(['10.0.0.10'], root), [{ program: 'kube-vip', vips: ['10.0.0.10'] }, {}]);
  t.strictSame(seeRivals(['10.0.0.10'], t.testdir({})), []);
});

await t.test('this host is looked at', async (t) => {
  const dir = t.testdir({});
  const seen = seeHost(['192.0.2.77'], [dir]);
  t.ok((seen.openFiles ?? Infinity) > 0);
  t.match(seen.rooms, [{ path: dir }]);
  t.ok(seen.rooms[0]!.bytes > 0);
});
