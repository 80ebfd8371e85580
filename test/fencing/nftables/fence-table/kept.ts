// Against this machine's kernel: what stays of a fence, what goes, and what was never ours.
import { spawnSync } from 'node:child_process';
import t from 'tap';
import { FenceTable } from '../../../../src/fencing/nftables/fence-table.ts';
import type { Nftables } from '../../../../src/network/nfnetlink.ts';
import { Nfnetlink } from '../../../../src/network/nfnetlink.ts';
import { NetworkError } from '../../../../src/network/network-error.ts';
import {
  EVERYTHING,
  VIP,
  VIP6,
  fencedLan,
  linkIn,
  nft,
  openFence,
} from '../../../fixtures/fenced-lan.ts';
import { inNamespace, within } from '../../../fixtures/namespace.ts';

const BOTH = [VIP, VIP6].map(({ family, address }) => ({ family, address }));
const NFPROTO_NETDEV = 5;

/** What `nft` lists, without counts and times. */
const ruleset = (): string =>
  nft('list', 'ruleset').replaceAll(/packets \d+ bytes \d+| expires \w+/g, '');

/** This kernel as one that lacks family netdev. */
class WithoutNetdev extends Nfnetlink {
  override commit(what: string, messages: Parameters<Nftables['commit']>[1]): void {
    if (messages.some(({ family }) => family === NFPROTO_NETDEV)) {
      throw new NetworkError(what, 'ENOTSUP');
    }
    super.commit(what, messages);
  }
}

/** The kernel lists tables in the order of their making. */
function sorted(text: string): string {
  return text
    .split(/(?=^table )/m)
    .toSorted()
    .join('');
}

await inNamespace(t, import.meta.url, async () => {
  await t.test(
    'what a predecessor left stays: open what was open, shut what was shut',
    async (t) => {
      const { asking, fence } = fencedLan(t);
      fence.manage([VIP, VIP6], linkIn('host', 'first'));
      fence.open([VIP6], 60_000);
      const before = ruleset();
      fence.close();
      fence.close();
      t.throws(() => fence.shut([VIP]), { name: 'NetworkError', code: 'CLOSED' });
      const ofIpv6 = EVERYTHING.filter((label) => /na|ping6/.test(label));
      t.strictSame(await asking.answers(ofIpv6), ofIpv6, 'nobody there');
      const successor = openFence();
      t.equal(ruleset(), before, 'nothing twice');
      t.strictSame(successor.managed(), BOTH);
      t.strictSame(await asking.answers(ofIpv6), ofIpv6);
      successor.manage([VIP, VIP6], linkIn('host', 'first'));
      t.equal(ruleset(), before, 'nor after managing the same');
      successor.close();
    },
  );

  await t.test('rules of others stay as they are, and ours go without a trace', async (t) => {
    const { asking, fence } = fencedLan(t);
    fence.remove();
    t.equal(nft('list', 'ruleset'), '', 'nothing');
    nft('add table inet vip-elector-not');
    nft('add chain inet vip-elector-not input { type filter hook input priority 0; }');
    nft('add rule inet vip-elector-not input ip saddr 10.9.0.77 drop');
    nft('add table netdev vip');
    nft('add chain netdev vip egress { type filter hook egress device "first" priority 0; }');
    const foreign = ruleset();
    const ours = openFence();
    ours.manage([VIP, VIP6], linkIn('host', 'first'));
    ours.open([VIP], 60_000);
    t.ok(ruleset().length > foreign.length);
    ours.remove();
    t.equal(ruleset(), foreign);
    ours.remove();
    t.equal(ruleset(), foreign, 'idempotent');
    t.strictSame(await asking.answers(EVERYTHING), EVERYTHING);
    ours.close();
  });

  await t.test('tables that somebody flushed are made anew by the next call', async (t) => {
    const { asking, fence } = fencedLan(t);
    fence.manage([VIP, VIP6], linkIn('host', 'first'));
    const before = ruleset();
    nft('flush', 'ruleset');
    t.equal(fence.restored, 0);
    fence.open([VIP], 60_000);
    t.equal(fence.restored, 1, 'and it is known that they were');
    fence.shut([VIP]);
    t.equal(fence.restored, 1);
    t.equal(sorted(ruleset()), sorted(before), 'with what was managed, and where');
    t.strictSame(await asking.answers(), []);
    nft('delete', 'table', 'netdev', 'vip-elector');
    fence.shut([VIP]);
    t.equal(fence.restored, 2);
    t.equal(sorted(ruleset()), sorted(before), 'one of them, too');
  });

  await t.test('without the egress hook the rest is done', async (t) => {
    const { asking, fence } = fencedLan(t);
    fence.remove();
    const refused = within('host', () => new WithoutNetdev());
    const lesser = FenceTable.open(refused);
    t.equal(lesser.egress, false);
    const first = linkIn('host', 'first');
    lesser.manage([VIP, VIP6], first);
    t.strictSame(await asking.answers(), []);
    lesser.open([VIP, VIP6], 60_000);
    t.strictSame(await asking.answers(EVERYTHING), EVERYTHING);
    lesser.shut([VIP, VIP6]);
    lesser.release([VIP6]);
    lesser.linkRemoved(first.index);
    t.strictSame(lesser.managed(), BOTH.slice(0, 1));
    t.notMatch(nft('list', 'ruleset'), /netdev/);
    lesser.remove();
    t.equal(nft('list', 'ruleset'), '');
    lesser.close();
  });

  await t.test('what the kernel cannot is ENOTSUP, and nothing is left open', (t) => {
    for (const code of ['ENOENT', 'ENOTSUP']) {
      let closed = 0;
      const refuse = (what: string): never => {
        throw new NetworkError(what, code);
      };
      const nothing: Nftables = {
        commit: refuse,
        commitBatch: refuse,
        list: () => [],
        close: () => {
          closed += 1;
        },
      };
      t.throws(() => FenceTable.open(nothing), { name: 'NetworkError', code: 'ENOTSUP' });
      t.equal(closed, 1);
    }
    t.end();
  });

  await t.test('without CAP_NET_ADMIN a fence is EPERM', (t) => {
    const module = new URL('../../../../src/fencing/nftables/fence-table.ts', import.meta.url).href;
    const script = `import { FenceTable } from ${JSON.stringify(module)};
      try { FenceTable.open(); } catch (error) { console.log(error.name, error.message); }`;
    const node = [process.execPath, ...process.execArgv, '--input-type=module', '-e', script];
    const { stdout } = spawnSync('setpriv', ['--bounding-set=-net_admin', '--', ...node], {
      encoding: 'utf8',
    });
    t.equal(stdout, 'NetworkError probe egress: EPERM\n');
    t.end();
  });
});
