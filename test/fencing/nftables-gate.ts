// Against this machine's kernel: what the guard asks of the gate, and what of it is left behind.
import { execFileSync } from 'node:child_process';
import t from 'tap';
import type { ElectorEvent } from '../../src/events.ts';
import { NftablesGate } from '../../src/fencing/nftables-gate.ts';
import { FenceTable } from '../../src/fencing/nftables/fence-table.ts';
import { leftoverFence } from '../../src/fencing/nftables/leftover.ts';
import type { Vip } from '../../src/network/types.ts';
import { VIP, VIP6 } from '../fixtures/fenced-lan.ts';
import { inNamespace, indexOf, ip } from '../fixtures/namespace.ts';

const OTHER: Vip = { family: 4, address: '10.9.0.101', prefixLength: 32 };
const LONG_MS = 60_000;

function nft(...args: string[]): string {
  return execFileSync('nft', args, { encoding: 'utf8' });
}

/** What is in the sets of our tables: `managed4 10.9.0.100`, …, each once. */
function elements(): string[] {
  const found = new Set<string>();
  let set = '';
  for (const line of nft('list', 'ruleset').split('\n')) {
    set = /set (\S+) \{/.exec(line)?.[1] ?? set;
    for (const [address] of line.matchAll(/10\.9\.0\.\d+|fd00:9::\w+/g)) {
      found.add(`${set} ${address}`);
    }
  }
  return [...found].toSorted();
}

const chains = (): string[] => nft('list', 'ruleset').match(/chain egress\d+|device "\w+"/g) ?? [];

await inNamespace(t, import.meta.url, async () => {
  ip('link', 'add', 'end0', 'type', 'veth', 'peer', 'name', 'other0');
  const end0 = { index: indexOf('end0'), name: 'end0' };
  const events: ElectorEvent[] = [];
  const open = (): NftablesGate =>
    new NftablesGate(FenceTable.open(), (event) => void events.push(event));

  await t.test('what is opened is managed; what is forgotten is neither', async (t) => {
    const gate = open();
    t.equal(gate.egress, true);
    await gate.open(end0, [VIP, VIP6], LONG_MS);
    t.strictSame(elements(), [
      'held4 10.9.0.100',
      'held6 fd00:9::100',
      'managed4 10.9.0.100',
      'managed6 fd00:9::100',
    ]);
    await gate.open(end0, [OTHER], LONG_MS);
    t.strictSame(await gate.managed([VIP, VIP6, OTHER]), [VIP, VIP6, OTHER]);
    await gate.shut([VIP, VIP6]);
    t.strictSame(elements(), [
      'held4 10.9.0.101',
      'managed4 10.9.0.100',
      'managed4 10.9.0.101',
      'managed6 fd00:9::100',
    ]);
    await gate.forgetAllBut([OTHER]);
    t.strictSame(elements(), ['held4 10.9.0.101', 'managed4 10.9.0.101']);
    t.strictSame(await gate.managed([VIP, VIP6, OTHER]), [OTHER]);
    await gate.forget([OTHER]);
    t.strictSame(elements(), []);
    gate.close();
    t.equal(nft('list', 'ruleset').trim(), '', 'nothing is left');
  });

  await t.test('a link that was renamed, or made anew, is attached anew', async (t) => {
    const gate = open();
    await gate.open(end0, [VIP], LONG_MS);
    t.strictSame(chains(), [`chain egress${end0.index}`, 'device "end0"']);
    ip('link', 'set', 'end0', 'name', 'eth0');
    await gate.open({ index: end0.index, name: 'eth0' }, [VIP], LONG_MS);
    t.strictSame(chains(), [`chain egress${end0.index}`, 'device "eth0"']);
    ip('link', 'delete', 'eth0');
    gate.linkRemoved(end0.index);
    t.strictSame(chains(), []);
    ip('link', 'add', 'end0', 'type', 'veth', 'peer', 'name', 'other0');
    const anew = { index: indexOf('end0'), name: 'end0' };
    await gate.open(anew, [VIP], LONG_MS);
    t.strictSame(chains(), [`chain egress${anew.index}`, 'device "end0"']);
    await gate.forget([VIP]);
    gate.close();
  });

  await t.test('tables that somebody removed are made anew, and that is told once', async (t) => {
    const gate = open();
    const link = { index: indexOf('end0'), name: 'end0' };
    await gate.open(link, [VIP, OTHER], LONG_MS);
    events.length = 0;
    nft('flush', 'ruleset');
    await gate.open(link, [VIP], LONG_MS);
    t.strictSame(events, [{ type: 'fence-repaired' }]);
    t.strictSame(
      elements(),
      ['held4 10.9.0.100', 'managed4 10.9.0.100', 'managed4 10.9.0.101'],
      'the other is shut until its own proof',
    );
    await gate.open(link, [VIP], LONG_MS);
    t.equal(events.length, 1);
    await gate.forget([VIP, OTHER]);
    gate.close();
  });

  await t.test(
    'sets that somebody emptied, or put back from another time, are filled again',
    async (t) => {
      const gate = open();
      const link = { index: indexOf('end0'), name: 'end0' };
      await gate.open(link, [VIP], LONG_MS);
      for (const family of ['arp', 'inet', 'netdev']) {
        nft('flush', 'set', family, 'vip-elector', 'managed4');
      }
      t.strictSame(elements(), ['held4 10.9.0.100']);
      await gate.open(link, [VIP], LONG_MS);
      t.strictSame(elements(), ['held4 10.9.0.100', 'managed4 10.9.0.100']);
      nft('flush', 'ruleset');
      t.strictSame(await gate.managed([VIP]), [], 'nothing is managed where nothing is');
      gate.close();
      t.equal(nft('list', 'ruleset').trim(), '');
    },
  );

  await t.test(
    "a predecessor's table that is gone in part is shut in all when made anew",
    async (t) => {
      const gate = open();
      await gate.open({ index: indexOf('end0'), name: 'end0' }, [VIP], LONG_MS);
      gate.close();
      nft('delete', 'table', 'arp', 'vip-elector');
      const next = open();
      t.match(nft('list', 'table', 'arp', 'vip-elector'), /managed4 \{[^}]*10\.9\.0\.100/);
      await next.forget([VIP]);
      next.close();
    },
  );

  await t.test('what is still managed outlives the gate, and can be removed', async (t) => {
    t.equal(leftoverFence(), undefined, 'nothing yet');
    const gate = open();
    await gate.open({ index: indexOf('end0'), name: 'end0' }, [VIP], LONG_MS);
    gate.close();
    t.strictSame(elements(), ['held4 10.9.0.100', 'managed4 10.9.0.100']);
    const left = leftoverFence();
    t.match(left?.managed, [{ address: VIP.address }]);
    left?.remove();
    t.equal(nft('list', 'ruleset').trim(), '');
    t.equal(leftoverFence(), undefined);
  });
});
