import t from 'tap';
import { ETCD, load, only, problemsOf } from '../fixtures/loading.ts';

/** What `kube-vip manifest pod` puts into a pod. */
const MANIFEST = {
  vip_arp: 'true',
  port: '6443',
  vip_nodename: 'pi-7',
  vip_interface: 'eth0',
  vip_subnet: '32',
  dns_mode: 'first',
  cp_enable: 'true',
  cp_namespace: 'kube-system',
  vip_leaderelection: 'true',
  vip_leaseduration: '20',
  address: '10.0.0.100',
  prometheus_server: ':2113',
  vip_arpRate: '2000',
  vip_loglevel: '-4',
};
const flags = { etcd: ETCD };

await t.test('an environment made for kube-vip means the same here', async (t) => {
  const { config, sources, warnings } = load({ flags, env: MANIFEST });
  t.match(config, {
    node: 'pi-7',
    groups: [
      { name: 'default', vips: [{ address: '10.0.0.100', prefixLength: 32 }], links: ['eth0'] },
    ],
    listen: { host: '', port: 2113 },
    logLevel: 'debug',
    timing: { announceEveryMs: 2000, holdForMs: 3000, leaseTtlMs: 20_000 },
  });
  t.match(sources, {
    node: 'vip_nodename',
    'groups[0].vips': 'address',
    'groups[0].link': 'vip_interface',
    listen: 'prometheus_server',
    'log.level': 'vip_loglevel',
    announceEvery: 'vip_arpRate',
    leaseTtl: 'vip_leaseduration',
  });
  const named = warnings.map((warning) => warning.split(' ')[0] ?? '');
  t.same(named.toSorted(), ['cp_namespace', 'dns_mode', 'port']);
});

await t.test('its names are read only where that is meant', async (t) => {
  const env = { address: '10.0.0.9', VIP_ELECTOR_VIP: '10.0.0.8', vip_nodename: 'other' };
  t.match(load({ flags, env }).config, {
    node: 'pi-1',
    groups: [{ vips: [{ address: '10.0.0.8' }] }],
  });
  const asked = load({ flags: { ...flags, 'kube-vip-env': true }, env });
  t.match(
    asked.config,
    { node: 'other', groups: [{ vips: [{ address: '10.0.0.8' }] }] },
    'ours first',
  );
  const refused = { ...flags, vip: '10.0.0.7', 'kube-vip-env': false };
  const { config, warnings } = load({ flags: refused, env: MANIFEST });
  t.equal(config.node, 'pi-1');
  t.same(warnings, []);
});

await t.test('prefix lengths, rates and switches', async (t) => {
  const vipsOf = (env: Record<string, string>) =>
    load({ flags, env: { cp_enable: 'true', ...env } }).config.groups[0]?.vips;
  t.match(vipsOf({ address: '10.0.0.101,10.0.0.102/30', vip_subnet: '/24' }), [
    { address: '10.0.0.101', prefixLength: 24 },
    { address: '10.0.0.102', prefixLength: 30 },
  ]);
  t.match(vipsOf({ vip_address: '10.0.0.101', vip_subnet: '24,64' }), [{ prefixLength: 24 }]);
  const env = {
    cp_enable: 'true',
    address: '10.0.0.101',
    vip_arpRate: '100',
    vip_skipdad: 'false',
  };
  const { config, warnings } = load({ flags, env });
  t.equal(config.timing.announceEveryMs, 3000);
  only(t, warnings, [/^vip_arpRate = 100 is below 500 ms/, /^vip_skipdad = false .* ignored/]);
});

await t.test('what is wrong is refused by its name', async (t) => {
  const env = { cp_enable: 'true', address: '10.0.0.101' };
  for (const [field, value] of [
    ['vip_subnet', 'auto'],
    ['vip_loglevel', '5'],
    ['vip_arpRate', 'often'],
    ['vip_leaseduration', '15s'],
  ] as const) {
    const found = problemsOf(() => load({ flags, env: { ...env, [field]: value } }));
    only(t, found, [{ field, value }]);
  }
  const short = problemsOf(() => load({ flags, env: { ...env, vip_leaseduration: '3' } }));
  only(t, short, [{ field: 'vip_leaseduration', problem: /^is too short: the lease would end/ }]);
  const found = problemsOf(() => load({ flags, env: { ...env, address: 'api.example.org' } }));
  only(t, found, [{ field: 'address' }]);
});
