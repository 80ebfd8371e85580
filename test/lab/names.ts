import t from 'tap';
import * as names from '../../src/lab/names.ts';

await t.test('a run finds its own namespaces and no others', async (t) => {
  const run = names.newRunId();
  const all = [
    names.hostNamespace(run, 0),
    names.hostNamespace(run, 19),
    names.clientNamespace(run),
    ...names.LINKS.map((link) => names.switchNamespace(run, link)),
  ];
  t.equal(new Set(all).size, all.length);
  for (const namespace of all) t.equal(names.runOfNamespace(namespace), run);
  for (const other of ['self', 'vl-h1', 'vlabc-h1', 'vlabcd-h', 'xvlabcd-h1', 'vlabcd-h1x']) {
    t.equal(names.runOfNamespace(other), undefined, other);
  }
});

await t.test('run IDs use their whole alphabet and nothing else', async (t) => {
  t.equal(
    names.newRunId(() => 0),
    'aaaa',
  );
  t.equal(
    names.newRunId(() => 0.999_999),
    '9999',
  );
});

await t.test('no two stations share an address or a MAC, and VIPs are nobody’s', async (t) => {
  const indexes = Array.from({ length: names.NODES_MAX }, (_, index) => index);
  for (const link of names.LINKS) {
    const addresses = [
      ...indexes.map((index) => names.hostAddress(index, link)),
      names.clientAddress(link),
      ...names.vipAddresses(100),
    ];
    t.equal(new Set(addresses).size, addresses.length);
  }
  const macs = names.LINKS.flatMap((link) => [
    ...indexes.map((index) => names.hostMac(index, link)),
    names.clientMac(link),
  ]);
  t.equal(new Set(macs).size, macs.length);
  for (const mac of macs) t.match(mac, /^02(:[0-9a-f]{2}){5}$/);
});
