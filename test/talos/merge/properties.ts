import * as fc from 'fast-check';
import t from 'tap';
import { stringify } from 'yaml';
import { MachineConfig } from '../../../src/talos/document/machine-config.ts';
import { secretDigests } from '../../../src/talos/document/secrets.ts';
import { integrate, vipsOf } from '../../../src/talos/integrate/integrated.ts';
import { applyPatches } from '../../../src/talos/merge/patch.ts';

/** Seed and count are fixed: the same cases every time, in a second or two. */
const RUNS = { numRuns: 150, seed: 7 };

const word = fc.stringMatching(/^[a-z0-9][a-z0-9.:-]{0,11}$/);
const link = fc.record(
  {
    interface: fc.constantFrom('end0', 'eth0', 'eth1'),
    dhcp: fc.boolean(),
    mtu: fc.integer({ min: 1, max: 9000 }),
    addresses: fc.uniqueArray(word),
  },
  { requiredKeys: ['interface'] },
);
const network = fc.record({
  interfaces: fc.uniqueArray(link, { selector: (entry) => entry.interface }),
});
const patch = fc.record({
  machine: fc.record({ network, kubelet: fc.record({ extraArgs: fc.dictionary(word, word) }) }),
  cluster: fc.record({ apiServer: fc.record({ certSANs: fc.uniqueArray(word) }) }),
});
const base = fc.record({
  secret: fc.stringMatching(/^[A-Za-z0-9+/]{20}={0,2}$/),
  type: fc.constantFrom('controlplane', 'init', 'worker'),
  given: patch,
});

function configOf({ secret, type, given }: { secret: string; type: string; given: object }) {
  const { machine, ...rest } = given as { machine: object };
  const token = { token: secret, ca: { crt: 'x', key: secret } };
  return MachineConfig.parse(
    stringify({ machine: { type, ...token, ...machine }, ...rest }),
    'base',
  );
}

const asPatch = (value: unknown) => ({ name: 'patch', text: stringify(value) });

await t.test('merging again changes nothing, and secrets never change', (t) => {
  fc.assert(
    fc.property(base, patch, (given, added) => {
      const config = configOf(given);
      const once = applyPatches(config, [asPatch(added)]);
      const twice = applyPatches(once, [asPatch(added)]);
      t.equal(twice.toString(), once.toString());
      t.same(secretDigests(once), secretDigests(config));
    }),
    RUNS,
  );
  t.end();
});

await t.test('a worker never gains a VIP, a control plane always does', (t) => {
  const vip = {
    machine: { network: { interfaces: [{ interface: 'end0', vip: { ip: '10.0.0.9' } }] } },
  };
  fc.assert(
    fc.property(base, patch, (given, added) => {
      const config = configOf(given);
      const layers = { vip: [asPatch(vip)], node: [], own: [asPatch(added)] };
      const merged = integrate(config, layers, { dedupe: true });
      t.same(vipsOf(merged.config), given.type === 'worker' ? [] : ['10.0.0.9']);
    }),
    RUNS,
  );
  t.end();
});
