import t from 'tap';
import {
  parseEndpoint,
  parseGroupName,
  parseKey,
  parseLinkName,
  parseListen,
  parseNode,
  parsePrefix,
  parseRuntimeDir,
} from '../../src/config/values.ts';
import type { Parsed } from '../../src/config/parsed.ts';

const REFUSED = { problem: String, remedy: String };

interface Table {
  readonly parse: (text: string) => Parsed<unknown>;
  readonly good: readonly (readonly [text: string, value: unknown])[];
  readonly bad: readonly string[];
}

const TABLES: Readonly<Record<string, Table>> = {
  'a name of a node': {
    parse: parseNode,
    good: ['pi-1', 'a.b_c', 'n'.repeat(128)].map((name) => [name, name]),
    bad: ['', 'a/b', 'a b', 'ä', 'a\n', 'n'.repeat(129)],
  },
  'a name of a group': {
    parse: parseGroupName,
    good: ['default', 'a', '0.a-b', 'g'.repeat(63)].map((name) => [name, name]),
    bad: ['', 'A', '-a', 'a.', 'a/b', 'a_b', 'a\n', 'g'.repeat(64)],
  },
  'a prefix': {
    parse: parsePrefix,
    good: [['/vip-elector', '/vip-elector']],
    bad: ['', '/', 'x', '/x/', '/a b', `/${'x'.repeat(256)}`],
  },
  'a key': {
    parse: parseKey,
    good: [['talos:v1:vip', 'talos:v1:vip']],
    bad: ['', 'x/', 'a b'],
  },
  'a name of a link': {
    parse: parseLinkName,
    good: ['eth0', 'br-lan.100', 'abcdefghijklmno'].map((name) => [name, name]),
    bad: ['', 'lo', 'a b', 'a/b', 'eth0:1', '.', '..', 'abcdefghijklmnop'],
  },
  'a runtime directory': {
    parse: parseRuntimeDir,
    good: [
      ['/run/x', '/run/x'],
      ['/run/x/', '/run/x'],
      [`/${'x'.repeat(93)}`, `/${'x'.repeat(93)}`],
    ],
    bad: ['', 'run', '/', `/${'x'.repeat(94)}`],
  },
  'an address to listen on': {
    parse: parseListen,
    good: [
      ['off', 'off'],
      [':2112', { host: '', port: 2112 }],
      ['127.0.0.1:1', { host: '127.0.0.1', port: 1 }],
      ['[::]:65535', { host: '::', port: 65_535 }],
    ],
    bad: ['', '2112', ':', ':0', ':65536', '::1:80', '[x]:80', '[]:80', 'a b:80'],
  },
  'an endpoint': {
    parse: parseEndpoint,
    good: [
      ['https://10.0.0.1:2379', 'https://10.0.0.1:2379'],
      ['HTTPS://Etcd-1.example:443/', 'https://etcd-1.example:443'],
      ['http://[FE80::1]:2379', 'http://[fe80::1]:2379'],
      // The URL standard reads numbers of all kinds; a VIP in disguise must be seen.
      ['http://0x0a000064:2379', 'http://10.0.0.100:2379'],
    ],
    bad: [
      '',
      '10.0.0.1:2379',
      'https://10.0.0.1',
      'https://10.0.0.1:0',
      'https://10.0.0.1:65536',
      'https://10.0.0.1:2379/v3',
      'https://10.0.0.1:2379?x',
      'https://user:word@10.0.0.1:2379',
      'https://:2379',
      'https://[::g]:2379',
      'ftp://10.0.0.1:2379',
      'unix:///run/etcd.sock',
    ],
  },
};

for (const [what, { parse, good, bad }] of Object.entries(TABLES)) {
  await t.test(`${what} is read, and what is none is refused with a remedy`, async (t) => {
    for (const [text, value] of good) t.same(parse(text), { value }, text);
    for (const text of bad) t.match(parse(text), REFUSED, JSON.stringify(text));
  });
}

await t.test('a bare endpoint is told the whole URL', async (t) => {
  t.match(parseEndpoint('10.0.0.1'), { remedy: 'write https://10.0.0.1:2379' });
  t.match(parseEndpoint('etcd-1:2380'), { remedy: 'write https://etcd-1:2380' });
});

await t.test('no refusal of an endpoint repeats a password', async (t) => {
  for (const text of ['https://u:geheim@h:1', 'u:geheim@h:1', 'ftp://u:geheim@h', 'u:geheim']) {
    t.notMatch(JSON.stringify(parseEndpoint(text)), /geheim@/);
  }
});
