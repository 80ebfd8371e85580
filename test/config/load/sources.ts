// Where a value comes from, which one counts, and under which name a problem is told.
import t from 'tap';
import { renderConfig } from '../../../src/config/render.ts';
import { ConfigError } from '../../../src/errors.ts';
import { ETCD, load, loadText, MINIMAL, only, problemsOf } from '../../fixtures/loading.ts';

await t.test(
  'a VIP and an endpoint are enough; the rest are the documented defaults',
  async (t) => {
    const { config, sources, warnings } = load({ flags: MINIMAL });
    t.match(config, {
      node: 'pi-1',
      prefix: '/vip-elector',
      etcd: { endpoints: [ETCD] },
      timing: { profile: 'steady', holdForMs: 3000, announceEveryMs: 3000, takeoverAfterMs: 3700 },
      listen: { host: '', port: 2112 },
      runtimeDir: '/run/vip-elector',
      stateDir: '/var/lib/vip-elector',
      logLevel: 'info',
      logFormat: 'auto',
      keepOnStop: false,
    });
    const vips = [{ family: 4, address: '10.0.0.100', prefixLength: 32 }];
    t.same(config.groups, [{ name: 'default', vips, links: 'auto', weight: 50 }]);
    t.match(sources, { node: 'default', profile: 'default', 'groups[0].vips': '--vip' });
    t.same(warnings, []);
  },
);

await t.test('flags come before the environment, before the file, before defaults', async (t) => {
  const text = 'node: file\nprefix: /file\nholdFor: 5s\nlog: { level: debug }';
  const env = { VIP_ELECTOR_NODE: 'env', VIP_ELECTOR_PREFIX: '/env' };
  const { config, sources } = loadText(text, { env, flags: { ...MINIMAL, node: 'flag' } });
  t.match(config, { node: 'flag', prefix: '/env', logLevel: 'debug', logFormat: 'auto' });
  t.equal(config.timing.holdForMs, 5000);
  t.match(sources, {
    node: '--node',
    prefix: 'VIP_ELECTOR_PREFIX',
    holdFor: 'a.yaml:3',
    'log.level': 'a.yaml:4',
    'log.format': 'default',
  });
});

await t.test('the environment alone can say everything', async (t) => {
  const { config } = load({
    env: {
      VIP_ELECTOR_VIP: '10.0.0.100, 10.0.0.101',
      VIP_ELECTOR_LINK: 'end0,eth0',
      VIP_ELECTOR_ETCD: ETCD,
      VIP_ELECTOR_KEEP_ON_STOP: 'true',
      VIP_ELECTOR_LISTEN: 'off',
      // What Kubernetes adds for a Service of our name is none of our business.
      VIP_ELECTOR_SERVICE_HOST: '10.96.0.7',
      VIP_ELECTOR_PORT: 'tcp://10.96.0.7:2112',
      VIP_ELECTOR_PORT_2112_TCP_ADDR: '10.96.0.7',
      VIP_ELECTOR_DEBUG: '1',
    },
  });
  t.same(
    config.groups[0]?.vips.map(({ address }) => address),
    ['10.0.0.100', '10.0.0.101'],
  );
  t.same(config.groups[0]?.links, ['end0', 'eth0']);
  t.match(config, { keepOnStop: true, listen: 'off' });
});

await t.test('all problems come at once, each under the name that its author used', async (t) => {
  const problems = problemsOf(() =>
    loadText(
      `node: 5
etcd:
  endpoints: [https://10.0.0.1:2379, ftp://10.0.0.2:1]
  passwrod: geheim
groups:
  - { name: A, vips: [10.0.0.x], link: lo }
log:
  level: loud
holdFor: 4
`,
      { flags: { 'announce-every': '9' }, env: { VIP_ELECTOR_LISTEN: 'x', VIP_ELECTOR_NOD: 'y' } },
    ),
  );
  const fields = problems.map(({ field }) => field).toSorted();
  t.same(
    fields,
    [
      '--announce-every',
      'VIP_ELECTOR_LISTEN',
      'VIP_ELECTOR_NOD',
      'etcd.endpoints[1] (a.yaml:3)',
      'etcd.passwrod (a.yaml:4)',
      'groups[0].link (a.yaml:6)',
      'groups[0].name (a.yaml:6)',
      'groups[0].vips[0] (a.yaml:6)',
      'holdFor (a.yaml:9)',
      'log.level (a.yaml:8)',
      'node (a.yaml:1)',
    ].toSorted(),
  );
  const remedyOf = (start: string): string | undefined =>
    problems.find(({ field }) => field.startsWith(start))?.remedy;
  t.match(remedyOf('VIP_ELECTOR_NOD'), 'VIP_ELECTOR_NODE');
  t.match(remedyOf('etcd.passwrod'), 'passwordFile');
  t.match(remedyOf('holdFor'), '4s, 4ms or 4m');
  t.notMatch(new ConfigError(problems).message, 'geheim');
});

await t.test('what is missing is asked for once, by the flag where there is no file', async (t) => {
  t.same(
    problemsOf(() => load({})).map(({ field }) => field),
    ['--vip', '--etcd'],
  );
  t.same(
    problemsOf(() => load({ flags: { vip: 'x', etcd: 'y' } }))
      .map(({ field }) => field)
      .toSorted(),
    ['--etcd', '--vip'],
  );
  only(
    t,
    problemsOf(() => load({ flags: { etcd: ETCD }, env: { VIP_ELECTOR_VIP: '' } })),
    [{ field: 'VIP_ELECTOR_VIP', problem: 'is set to nothing' }],
  );
  only(
    t,
    problemsOf(() => load({ flags: { etcd: ETCD, link: 'eth0' } })),
    [{ field: '--vip' }],
  );
  only(
    t,
    problemsOf(() => loadText('node: a')),
    [{ field: 'groups (a.yaml)' }, { field: 'etcd.endpoints (a.yaml)' }],
  );
  t.same(load({ flags: { etcd: ETCD }, groupsRequired: false }).config.groups, []);
  const bare = load({ flags: {}, groupsRequired: false, etcdRequired: false }).config;
  t.same([bare.groups, bare.etcd.endpoints], [[], []]);
});

await t.test('what config prints loads again as the same configuration', async (t) => {
  const first = load({
    flags: { ...MINIMAL, vip: ['10.0.0.100/24', '10.0.0.101'], link: 'end0,eth0' },
    env: { VIP_ELECTOR_HOLD_FOR: '3.5s', VIP_ELECTOR_LOG_FORMAT: 'json' },
  });
  const text = renderConfig(first);
  t.match(text, 'holdFor: 3.5s # VIP_ELECTOR_HOLD_FOR\n');
  t.match(text, 'link: [ end0, eth0 ] # --link\n');
  t.match(text, 'prefix: /vip-elector # default\n');
  const second = loadText(text);
  t.same(second.config, first.config);
  t.match(second.sources['holdFor'], /^a\.yaml:\d+$/);
});
