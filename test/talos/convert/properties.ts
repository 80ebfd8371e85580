import * as fc from 'fast-check';
import t from 'tap';
import { stringify } from 'yaml';
import { convert } from '../../../src/talos/convert/convert.ts';
import { MachineConfig } from '../../../src/talos/document/machine-config.ts';
import { unset } from '../../../src/talos/integrate/unset.ts';
import { vipsOf } from '../../../src/talos/integrate/integrated.ts';

/** Seed and count are fixed: the same cases every time, in a second or so. */
const RUNS = { numRuns: 40, seed: 7 };

const secret = fc.stringMatching(/^[A-Za-z0-9+/]{20}={0,2}$/);
const vip = fc.record(
  { ip: fc.ipV4(), hcloud: fc.record({ apiToken: secret }) },
  { requiredKeys: ['ip'] },
);
const link = fc.record(
  {
    interface: fc.constantFrom('end0', 'eth0', 'eth1'),
    dhcp: fc.boolean(),
    mtu: fc.integer({ min: 1, max: 9000 }),
    vip,
  },
  { requiredKeys: ['interface', 'dhcp'] },
);
const links = fc
  .uniqueArray(link, { selector: (entry) => entry.interface })
  .filter((list) => new Set(list.map((one) => one.vip?.ip)).size === list.length);
const given = fc.record({ token: secret, pem: secret, links });

function configOf({ token, pem, links }: { token: string; pem: string; links: object[] }) {
  const machine = { type: 'controlplane', token, network: { interfaces: links } };
  const key = Buffer.from(`-----BEGIN KEY-----\n${pem}\n-----END KEY-----\n`).toString('base64');
  const controlPlane = { endpoint: 'https://lb:6443' };
  const cluster = { clusterName: 'c', controlPlane, serviceAccount: { key } };
  return MachineConfig.parse(stringify({ machine, cluster }), 'base');
}

const text = (from: MachineConfig): unknown => convert(from, { to: 'A' }).config.v1alpha1?.toJSON();

const withoutVip = ({
  interface: name,
  dhcp,
  mtu,
}: {
  interface: string;
  dhcp: boolean;
  mtu?: number;
}) => ({
  interface: name,
  dhcp,
  ...(mtu !== undefined && { mtu }),
});

await t.test('there and back says the same, with the same secrets; once is enough', (t) => {
  fc.assert(
    fc.property(given, fc.constantFrom('B' as const, 'C' as const), (one, to) => {
      const base = configOf(one);
      const there = convert(base, { to });
      t.same(vipsOf(there.config).toSorted(), vipsOf(base).toSorted());
      t.equal(convert(there.config, { to }).config.toString(), there.config.toString());
      const back = convert(there.config, { to: 'A' });
      t.same(back.config.v1alpha1?.toJSON(), base.v1alpha1?.toJSON());
      t.equal(back.secretsSha256, there.secretsSha256);
    }),
    RUNS,
  );
  t.end();
});

await t.test('no VIP is left by unset, in either form, and all the rest is', (t) => {
  fc.assert(
    fc.property(given, fc.constantFrom('A' as const, 'C' as const), (one, to) => {
      const base = convert(configOf(one), { to }).config;
      const { config } = unset(base, {});
      t.same(vipsOf(config), []);
      t.equal(unset(config, {}).config.toString(), config.toString());
      const bare = configOf({ ...one, links: one.links.map(withoutVip) });
      t.same(text(config), text(bare));
    }),
    RUNS,
  );
  t.end();
});
