// Who is seen on a host, by a directory that looks like its root.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { ElectorEvent } from '../src/events.ts';
import { hinting, whoAdds, whoRemoves } from '../src/hints.ts';

function hostWith(root: string, ...files: string[]): string {
  for (const file of files) {
    const [path = '', text = ''] = file.split('=');
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  }
  return root;
}

await t.test('network managers that run are named, with what keeps each from the link', (t) => {
  t.match(whoRemoves('end0', t.testdir()), /^no program .*; the journal/);
  const root = hostWith(
    t.testdir(),
    'run/systemd/netif/state',
    'run/NetworkManager/NetworkManager.pid',
    'run/dhcpcd/pid',
  );
  t.strictSame(whoRemoves('end0', root).split('; '), [
    'systemd-networkd runs here: KeepConfiguration=yes in [Network] of the .network file of link ' +
      'end0, or Unmanaged=yes in its [Link]',
    'NetworkManager runs here: unmanaged-devices=interface-name:end0 in [keyfile] of a file in ' +
      '/etc/NetworkManager/conf.d',
    'dhcpcd runs here: denyinterfaces end0 in /etc/dhcpcd.conf',
  ]);
  t.end();
});

await t.test('whose an address may be is told by the processes there are', (t) => {
  t.match(whoAdds('end0', t.testdir()), /^no program .*: it may be an operator's/);
  const root = hostWith(t.testdir(), 'proc/7/comm=keepalived', 'proc/self/comm=kube-vip');
  t.match(whoAdds('end0', root), /^keepalived runs here: stop it [^;]*$/);
  t.end();
});

await t.test('each kind is told once, after the event itself', (t) => {
  const seen: ElectorEvent[] = [];
  const work: (() => void)[] = [];
  const emit = hinting(
    (event) => seen.push(event),
    (each) => work.push(each),
    t.testdir(),
  );
  const drift = {
    type: 'drift-repaired',
    group: 'g',
    vip: '10.0.0.5',
    link: 'end0',
    durationMs: 1,
  } as const;
  const faulted = { type: 'transition', group: 'g', from: 'following', to: 'faulted' } as const;
  emit(drift);
  emit(drift);
  emit({ ...faulted, reason: 'link-down' });
  emit({
    ...faulted,
    reason: 'foreign-address',
    detail: '10.0.0.5/24 is on link end0 and we did not',
  });
  emit({ ...faulted, reason: 'foreign-address' });
  for (const each of work) each();
  t.strictSame(
    seen.map((event) => (event.type === 'hint' ? event.about : event.type)),
    [
      'drift-repaired',
      'drift-repaired',
      'transition',
      'transition',
      'transition',
      'removed',
      'foreign',
    ],
  );
  t.end();
});
