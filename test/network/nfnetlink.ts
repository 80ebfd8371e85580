// Against this machine's kernel, in a network namespace: changes of nf_tables and their answers.
import { execFileSync, spawnSync } from 'node:child_process';
import t from 'tap';
import { listChains } from '../../src/fencing/nftables/chain.ts';
import {
  addElements,
  addSet,
  encodeElements,
  listElements,
} from '../../src/fencing/nftables/set.ts';
import type { AddressSet } from '../../src/fencing/nftables/set.ts';
import { addTable, removeTable } from '../../src/fencing/nftables/table.ts';
import type { Table } from '../../src/fencing/nftables/table.ts';
import { Nfnetlink } from '../../src/network/nfnetlink.ts';
import { inNamespace } from '../fixtures/namespace.ts';

const TABLE: Table = { family: 'inet', name: 'test' };
const SET: AddressSet = { table: TABLE, name: 'some', family: 4, timeouts: false };
const listed = (): string => execFileSync('nft', ['list', 'ruleset'], { encoding: 'utf8' });
const addresses = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
const module = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);

await inNamespace(t, import.meta.url, async () => {
  await t.test('a batch is done when the call returns', (t) => {
    const socket = new Nfnetlink();
    socket.commit('nothing', []);
    socket.commit('make', [addTable(TABLE)]);
    t.equal(listed(), 'table inet test {\n}\n');
    socket.commit('make', [addSet(SET), ...addElements(SET, encodeElements(addresses(100)))]);
    t.match(listed(), '10.0.0.99');
    socket.commit('remove', removeTable(TABLE));
    t.equal(listed(), '');
    socket.close();
    t.end();
  });

  await t.test('a batch that fails changes nothing, and says which change it was', (t) => {
    const socket = new Nfnetlink();
    const unknown = addElements({ ...SET, name: 'unknown' }, encodeElements(['10.0.0.1']));
    t.throws(() => socket.commit('try', [addTable(TABLE), addSet(SET), ...unknown]), {
      name: 'NetworkError',
      code: 'ENOENT',
      message: 'try (change 3): ENOENT',
    });
    t.equal(listed(), '');
    t.throws(() => socket.commit('try', unknown), { message: 'try: ENOENT' });
    // More refusals than fit into the receive buffer (net.core.rmem_default, some 200 KiB).
    const many = Array.from({ length: 2000 }, () => unknown[0]!);
    t.throws(() => socket.commit('try', many), { message: 'try (change 1): ENOENT' });
    socket.commit('make', [addTable(TABLE)]);
    t.equal(listed(), 'table inet test {\n}\n', 'and what was lost then is no harm later');
    socket.commit('remove', removeTable(TABLE));
    socket.close();
    t.end();
  });

  await t.test('a long listing is put together', (t) => {
    const socket = new Nfnetlink();
    const parts = (): number => socket.list('list', listElements(SET)).length;
    t.throws(parts, { name: 'NetworkError', code: 'ENOENT', message: 'list: ENOENT' });
    t.strictSame(socket.list('list', listChains(TABLE)), [], 'an empty one is empty');
    socket.commit('make', [addTable(TABLE), addSet(SET)]);
    for (let i = 0; i < 3; i += 1) {
      const some = encodeElements(addresses(3000).slice(i * 1000, (i + 1) * 1000));
      socket.commit('fill', addElements(SET, some));
    }
    t.ok(parts() > 1, 'in several messages');
    socket.commit('remove', removeTable(TABLE));
    socket.close();
    t.end();
  });

  await t.test('what was closed is CLOSED, again and again', (t) => {
    const socket = new Nfnetlink();
    socket.close();
    socket.close();
    t.throws(() => socket.commit('try', [addTable(TABLE)]), { code: 'CLOSED' });
    t.throws(() => socket.list('try', listChains(TABLE)), { code: 'CLOSED' });
    t.end();
  });

  await t.test('without CAP_NET_ADMIN a change is EPERM', (t) => {
    const script = `import { Nfnetlink } from ${module('../../src/network/nfnetlink.ts')};
      import { addTable } from ${module('../../src/fencing/nftables/table.ts')};
      try { new Nfnetlink().commit('try', [addTable({ family: 'inet', name: 'test' })]); }
      catch (error) { console.log(error.name, error.message); }`;
    const node = [process.execPath, ...process.execArgv, '--input-type=module', '-e', script];
    const { stdout } = spawnSync('setpriv', ['--bounding-set=-net_admin', '--', ...node], {
      encoding: 'utf8',
    });
    t.equal(stdout, 'NetworkError try: EPERM\n');
    t.end();
  });
});
