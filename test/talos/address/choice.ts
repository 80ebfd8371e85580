import t from 'tap';
import type { Placement } from '../../../src/talos/address/choice.ts';
import { chooseVip, cidrHost } from '../../../src/talos/address/choice.ts';
import { formatOutputs } from '../../../src/talos/address/outputs.ts';

const LAN = { family: 4, address: '10.10.100.0', prefixLength: 24 } as const;
const MODULE: Placement = {
  cidr: LAN,
  controlplanes: 3,
  workers: 2,
  baseOffset: 10,
  workerOffset: 10,
  strategy: 'before-workers',
  taken: [],
};

await t.test('the VIP is where the module, its documentation and the free ones are', (t) => {
  const taken = ['10.10.100.13'];
  const cases: [Partial<Placement>, string | null][] = [
    [{}, '10.10.100.19'],
    [{ strategy: 'after-controlplanes' }, '10.10.100.13'],
    [{ strategy: 'next-free', taken }, '10.10.100.14'],
    [{ strategy: 'next-free', workerOffset: 3 }, '10.10.100.15'],
    [{ explicit: '10.10.100.50' }, '10.10.100.50'],
    [{ controlplanes: 1, explicit: '10.10.100.50' }, null],
    [{ cidr: { family: 6, address: 'fd00::', prefixLength: 64 } }, 'fd00::13'],
  ];
  for (const [change, vip] of cases) t.equal(chooseVip({ ...MODULE, ...change }).ha_vip, vip);
  t.end();
});

await t.test('collisions and what lies outside are refused', (t) => {
  const cases: [Partial<Placement>, RegExp][] = [
    [{ workerOffset: 3 }, /10\.10\.100\.12 is that of a control plane/],
    [{ workerOffset: 2 }, /3 control planes reach the workers at offset 2/],
    [{ workers: 0, workerOffset: 1 }, /10\.10\.100\.10 is that of a control plane/],
    [{ explicit: '10.10.100.21' }, /is that of a worker/],
    [{ explicit: '10.10.101.1' }, /is not in 10\.10\.100\.0\/24/],
    [{ explicit: 'fd00::1' }, /is not in/],
    [{ explicit: '10.10.100.255' }, /network or broadcast/],
    [{ taken: ['10.10.100.19'] }, /is that of something else/],
    [{ baseOffset: 250, workers: 0 }, /offset 259 is outside/],
    [{ controlplanes: 0 }, /no control plane/],
  ];
  for (const [change, message] of cases) {
    t.throws(() => chooseVip({ ...MODULE, ...change }), message);
  }
  t.throws(() => cidrHost(LAN, -1), /outside/);
  t.end();
});

await t.test('the outputs in each format', (t) => {
  const on = chooseVip(MODULE);
  t.same(JSON.parse(formatOutputs(on, 'json')), {
    ha_vip_enabled: true,
    ha_vip: '10.10.100.19',
    cluster_endpoint: 'https://10.10.100.19:6443',
  });
  const off = chooseVip({ ...MODULE, controlplanes: 1 });
  t.equal(
    formatOutputs(off, 'tfvars'),
    'ha_vip_enabled = false\nha_vip = null\ncluster_endpoint = "https://10.10.100.10:6443"\n',
  );
  t.match(formatOutputs(off, 'env'), /^HA_VIP_ENABLED=false\nHA_VIP=\nCLUSTER_ENDPOINT=/);
  t.end();
});
