// Against this machine's kernel: the fence is rehearsed, and nobody sees any of it.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { rehearse } from '../../../src/fencing/nftables/rehearsal.ts';
import { FenceTable } from '../../../src/fencing/nftables/fence-table.ts';
import { NetworkError } from '../../../src/network/network-error.ts';
import { Nfnetlink, type NftMessage, type Nftables } from '../../../src/network/nfnetlink.ts';
import { VIP, VIP6 } from '../../fixtures/fenced-lan.ts';
import { inNamespace } from '../../fixtures/namespace.ts';

const NFPROTO_NETDEV = 5;
const LOOPBACK = { index: 1, name: 'lo' };
const nft = (...args: string[]): string => execFileSync('nft', args, { encoding: 'utf8' });

/** Rehearses over a socket of its own. */
function rehearsed() {
  const nftables = new Nfnetlink();
  try {
    return rehearse(nftables);
  } finally {
    nftables.close();
  }
}

/** A kernel that answers each batch so. */
function kernel(answer: (messages: readonly NftMessage[]) => string | undefined): Nftables {
  return {
    commit: (what, messages) => {
      const code = answer(messages);
      if (code !== undefined) throw new NetworkError(what, code);
    },
    commitBatch: () => undefined,
    list: () => [],
    close: () => undefined,
  };
}

function hasNetdev(messages: readonly NftMessage[]): boolean {
  return messages.some(({ family }) => family === NFPROTO_NETDEV);
}

await inNamespace(t, import.meta.url, async () => {
  await t.test('this kernel can do all of it, and nothing is left of the try', (t) => {
    t.same(rehearsed(), { fence: true, egress: true });
    t.equal(nft('list', 'ruleset'), '');
    t.end();
  });

  await t.test('beside a fence that stands and rules of others: both stay as they are', (t) => {
    const fence = FenceTable.open();
    t.teardown(() => {
      fence.remove();
      fence.close();
    });
    fence.manage([VIP, VIP6], LOOPBACK);
    nft('add table inet other; add chain inet other c { type filter hook input priority 0; }');
    t.teardown(() => nft('delete', 'table', 'inet', 'other'));
    const before = nft('-a', 'list', 'ruleset');
    t.match(before, 'egress1');
    for (let count = 0; count < 5; count += 1) t.match(rehearsed(), { fence: true, egress: true });
    t.equal(nft('-a', 'list', 'ruleset'), before, 'to the byte, handles too');
    fence.open([VIP], 60_000);
    t.equal(fence.restored, 0);
    t.end();
  });

  await t.test('nft monitor hears nothing, nor does the generation change', async (t) => {
    const monitor = spawn('nft', ['monitor'], { stdio: ['ignore', 'pipe', 'inherit'] });
    t.teardown(() => monitor.kill());
    let heard = '';
    monitor.stdout.setEncoding('utf8').on('data', (text: string) => (heard += text));
    // What we do until it is heard shows that it listens.
    for (let count = 0; !heard.includes('begin') && count < 100; count += 1) {
      spawnSync('nft', ['add', 'table', 'inet', 'begin']);
      spawnSync('nft', ['delete', 'table', 'inet', 'begin']);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    rehearsed();
    rehearsed();
    nft('add', 'table', 'inet', 'end');
    while (!heard.includes('table inet end')) await once(monitor.stdout, 'data');
    nft('delete', 'table', 'inet', 'end');
    const known = /^(# new generation|(add|delete) table inet (begin|end)$)/;
    const others = heard.split('\n').filter((line) => line !== '' && !known.test(line));
    t.same(others, []);
    // Each is told with the change that made it; the numbers have no gap.
    const generations = [...heard.matchAll(/new generation (\d+)/g)].map(([, id]) => Number(id));
    t.ok(generations.length > 1);
    const steps = generations.slice(1).map((id, index) => id - (generations[index] ?? 0));
    t.same(
      steps.filter((step) => step !== 1),
      [],
      generations.join(),
    );
  });

  await t.test('what the kernel lacks is told apart', (t) => {
    const old = kernel((messages) => (hasNetdev(messages) ? 'ENOTSUP' : 'EEXIST'));
    t.same(rehearse(old), { fence: true, egress: false });
    for (const code of ['ENOTSUP', 'ENOENT', 'EINVAL', 'EAFNOSUPPORT']) {
      const found = rehearse(kernel(() => code));
      t.match(found, { fence: false, egress: false, refusal: { code } });
    }
    for (const code of ['EPERM', 'TIMEOUT', 'ENOBUFS']) {
      t.throws(() => rehearse(kernel(() => code)), { name: 'NetworkError', code });
    }
    t.end();
  });

  await t.test('were it ever kept, it would be removed at once', (t) => {
    const batches: number[] = [];
    const found = rehearse(
      kernel((messages) => {
        batches.push(messages.length);
        return undefined;
      }),
    );
    t.match(found, { fence: true });
    t.equal(batches.length, 2);
    t.equal(batches[1], 6, 'three tables, each made and removed');
    t.end();
  });
});
