import t from 'tap';
import { systemClock } from '../src/clock.ts';
import { ConfigError, ExitCode } from '../src/errors.ts';
import type { Vip } from '../src/network/types.ts';
import { refuseOwnVipAsEndpoint, refuseUnusableVips } from '../src/refusals.ts';
import { someConfig } from './fixtures/config.ts';
import { foreign } from './fixtures/fake-kernel.ts';
import { END0 } from './fixtures/group-rig.ts';

const vip = (address: string): Vip =>
  address.includes(':')
    ? { family: 6, address, prefixLength: 128 }
    : { family: 4, address, prefixLength: 32 };

const grouped = (vips: readonly string[]) =>
  vips.map((address, n) => ({ name: `g${n}`, vips: [vip(address)], links: 'auto' }) as const);
const check = (endpoints: readonly string[], ...vips: string[]): Promise<void> =>
  refuseOwnVipAsEndpoint(
    someConfig({
      etcd: { endpoints },
      groups: grouped(vips),
    }),
    systemClock,
  );

await t.test('members by their own addresses are well', async (t) => {
  await check(
    ['http://10.0.0.1:2379', 'https://10.0.0.2:2379', 'http://[fd00::1]:2379'],
    '10.0.0.100',
  );
  t.pass('not refused');
});

await t.test('an endpoint that is a VIP is refused, of whatever group and family', async (t) => {
  await t.rejects(
    check(['http://10.0.0.1:2379', 'http://10.0.0.101:2379'], '10.0.0.100', '10.0.0.101'),
    ConfigError,
  );
  try {
    await check(['http://[fd00::100]:2379', 'https://10.0.0.100:2379'], '10.0.0.100', 'fd00::100');
    t.fail('refused');
  } catch (error) {
    t.ok(error instanceof ConfigError);
    const { problems, exitCode } = error as ConfigError;
    t.equal(exitCode, ExitCode.usage);
    t.strictSame(
      problems.map(({ field, value, problem }) => [field, value, problem]),
      [
        [
          'etcd.endpoints',
          'http://[fd00::100]:2379',
          'resolves to fd00::100, a VIP of this daemon, which depends on etcd',
        ],
        [
          'etcd.endpoints',
          'https://10.0.0.100:2379',
          'resolves to 10.0.0.100, a VIP of this daemon, which depends on etcd',
        ],
      ],
      'all of them at once',
    );
  }
});

await t.test('a name that resolves to a VIP is refused', async (t) => {
  // The one name that every machine resolves by itself.
  await t.rejects(check(['http://localhost:2379'], '127.0.0.1', '::1'), ConfigError);
});

await t.test('a name that nobody knows is for the connection to complain about', async (t) => {
  // RFC 6761 §6.4: names under `invalid` do not exist.
  await check(['http://etcd.invalid:2379'], '10.0.0.100');
  t.pass('not refused');
});

await t.test('a VIP that is no host address of a subnet of this host is refused', async (t) => {
  const host = { links: [END0], addresses: [foreign(2, '10.0.0.1', 24)] };
  const refusal = (...vips: string[]): unknown => {
    try {
      refuseUnusableVips(someConfig({ groups: grouped(vips) }), host);
    } catch (error) {
      return error;
    }
    return undefined;
  };
  t.equal(
    refusal('10.0.0.100', '10.0.1.255', '10.1.0.0'),
    undefined,
    'others’ edges are hosts here',
  );
  const error = refusal('10.0.0.255', '10.0.0.7', '10.0.0.0');
  t.ok(error instanceof ConfigError);
  t.strictSame(
    (error as ConfigError).problems.map(({ value, problem }) => [value, problem]),
    [
      ['10.0.0.255', 'is the network or broadcast address of 10.0.0.1/24 on end0'],
      ['10.0.0.0', 'is the network or broadcast address of 10.0.0.1/24 on end0'],
    ],
  );
});

await t.test('what we left on a link ourselves refuses no VIP', async (t) => {
  const left = { ...foreign(2, '10.0.0.100', 24), ours: true };
  const config = someConfig({ groups: grouped(['10.0.0.255']) });
  t.doesNotThrow(() => refuseUnusableVips(config, { links: [END0], addresses: [left] }));
});
