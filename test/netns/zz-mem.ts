import t from 'tap';
import { readFileSync } from 'node:fs';
import { makeHosts, ramDirectory, startDaemon, startEtcd, writeReleased } from '../fixtures/hosts.ts';
import { inNamespace } from '../fixtures/namespace.ts';
await inNamespace(t, import.meta.url, async () => {
  const [h1] = makeHosts(t, 1);
  const { endpoint } = await startEtcd(t);
  writeReleased(endpoint, 'default');
  const d = startDaemon(t, h1!, { endpoint, runtimeDir: ramDirectory(t, 'h1') });
  await d.said({ msg: 'transition', to: 'leading' });
  for (let i = 0; i < 9; i++) {
    const s = readFileSync(`/proc/${d.pid}/status`, 'utf8');
    const roll = readFileSync(`/proc/${d.pid}/smaps_rollup`, 'utf8');
    t.comment(i * 5, /VmRSS.*/.exec(s)![0], /RssAnon.*/.exec(s)![0], /RssFile.*/.exec(s)![0], /Pss:.*/.exec(roll)![0]);
    await new Promise((r) => setTimeout(r, 5000));
  }
});
