// One group with VIPs of both families on a real kernel: taken, announced, shown, resumed, withdrawn, cleaned up.
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import t from 'tap';
import { ask, makeSite, metric, type ShownAddress } from '../fixtures/hosts.ts';
import { inNamespace, ip } from '../fixtures/namespace.ts';
import { run, until } from '../fixtures/program.ts';

const VIPS = ['10.77.1.100', 'fd00:77:1::100'] as const;
const [VIP4, VIP6] = VIPS;

/** All addresses of h1, as `ip` shows them. */
function shown(): ShownAddress[] {
  const links = JSON.parse(ip('-n', 'h1', '-json', 'address')) as {
    ifname: string;
    addr_info: Omit<ShownAddress, 'link'>[];
  }[];
  return links.flatMap(({ ifname, addr_info: infos }) =>
    infos.map((info) => ({ ...info, link: ifname })),
  );
}
const texts = (): string[] =>
  shown().map(({ link, local, prefixlen }) => `${link} ${local}/${prefixlen}`);

const held = (): ShownAddress[] => shown().filter(({ local }) => local === VIP4 || local === VIP6);

await inNamespace(t, import.meta.url, async () => {
  const { h1, runtimeDir, start: startOn } = await makeSite(t);
  ip('address', 'add', 'fd00:77:1::fe/64', 'dev', h1.port, 'nodad');
  ip('-n', 'h1', 'address', 'add', 'fd00:77:1::1/64', 'dev', 'h1', 'nodad');
  await until('no tentative address', () => !ip('-n', 'h1', 'address').includes('tentative'));
  const before = texts();
  const start = () => startOn(h1, { args: ['--vip', VIPS.join(','), '--link', 'auto'] });

  await t.test('both are held, announced and shown', async (t) => {
    const first = start();
    await first.said({ msg: 'transition', to: 'leading' });
    t.match(held(), [
      { link: 'h1', local: VIP4, prefixlen: 32, preferred_life_time: 0 },
      { link: 'h1', local: VIP6, prefixlen: 128, preferred_life_time: 0, deprecated: true },
    ]);
    t.match(
      ip('-n', 'h1', '-6', 'route', 'get', 'fd00:77:1::fe'),
      'src fd00:77:1::1 ',
      'no source',
    );
    const { text } = await ask(h1, '/metrics');
    for (const vip of VIPS) {
      t.equal(metric(text, `vip_elector_vip_held{group="default",vip="${vip}",link="h1"}`), 1);
    }
    const sent = metric(text, `vip_elector_announcements_total{vip="${VIP6}",kind="na"}`);
    t.ok(sent !== undefined && sent >= 1, 'announced');
    t.match((await ask(h1, '/status')).text, VIP6);
    t.match(first.all({ msg: 'cannot announce vip' }), []);
    ip('-n', 'h1', 'address', 'del', `${VIP6}/128`, 'dev', 'h1');
    await until('repaired', () => held().length === 2 || undefined);
    await first.said({ msg: 'vip was deleted by someone else and put back', vip: VIP6 });

    await t.test('kill -9 and a start at once: resumed', async (t) => {
      await first.kill();
      t.equal(held().length, 2);
      const second = start();
      await second.said({ msg: 'transition', to: 'leading', reason: 'lease-resumed' });
      t.equal(held().length, 2);
      t.strictSame(await second.stop(2_000), { code: 0, signal: null });
      t.strictSame(texts(), before, 'withdrawn, and nothing else is changed');
    });
  });

  await t.test(
    'what a dead daemon left, cleanup takes away; check says what there is',
    async (t) => {
      const daemon = start();
      await daemon.said({ msg: 'transition', to: 'leading' });
      await daemon.kill();
      t.equal(held().length, 2);
      const place = ['--runtime-dir', runtimeDir(h1)];
      const cleaned = await run(['cleanup', ...place], { namespace: 'h1' });
      t.match(cleaned, { code: 0, stdout: `withdrew ${VIP6}/128 on h1` });
      t.strictSame(texts(), before);
      const args = ['check', '--vip', VIPS.join(','), '--link', 'h1', ...place];
      const checked = await run(args, { namespace: 'h1' });
      t.match(checked.stdout, `${VIP6} is not on this host`);
      t.match(checked.stdout, /raw-socket/);
    },
  );

  await t.test(
    'without raw-socket IPv6 is refused at the start, and IPv4 needs nothing',
    async (t) => {
      const directory = dirname(createRequire(import.meta.url).resolve('raw-socket'));
      const hidden = `mount -t tmpfs none ${directory} && exec "$@"`;
      const by = ['unshare', '--mount', 'sh', '-c', hidden, 'sh'];
      const place = ['--runtime-dir', runtimeDir(h1), '--link', 'h1'];
      const etcd = ['--etcd', 'http://10.77.1.254:1', '--etcd-insecure'];
      const both = ['run', '--vip', VIPS.join(','), ...place, ...etcd];
      const refused = await run(both, { namespace: 'h1', by });
      t.equal(refused.code, 1);
      t.match(
        refused.stderr,
        /^vip-elector: an IPv6 VIP needs [^\n]*npm rebuild raw-socket[^\n]*\n$/,
      );
      const four = startOn(h1, { args: ['--vip', VIP4, '--link', 'h1'], by });
      await four.said({ msg: 'transition', to: 'leading' });
      await four.stop();
      t.strictSame(texts(), before);
    },
  );
});
