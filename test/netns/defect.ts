// A defect in the control loop, planted into the built daemon: one that stands still is told by
// /healthz, for a supervisor to end it; one that ends takes the daemon with it, the VIP first.
import t from 'tap';
import { ask, has, makeSite, recordOf, VIP } from '../fixtures/hosts.ts';
import { inNamespace } from '../fixtures/namespace.ts';
import { sabotaged, until } from '../fixtures/program.ts';

const leading = { msg: 'transition', to: 'leading' };

await inNamespace(t, import.meta.url, async () => {
  const { h1, endpoint, start } = await makeSite(t);

  await t.test(
    'a loop that stands still: healthz says so, the VIP is kept by its beats',
    async (t) => {
      const daemon = start(h1, { env: sabotaged('hang') });
      await daemon.said(leading);
      await daemon.said({ msg: 'listening', component: 'http' });
      t.match(await ask(h1, '/healthz'), { status: 200, text: /"ok":true/ });
      daemon.signal('SIGUSR2');
      const answer = await until('healthz says that it is stuck', async () => {
        const found = await ask(h1, '/healthz');
        return found.status === 200 ? undefined : found;
      });
      t.equal(answer.status, 503);
      const { ok, detail } = JSON.parse(answer.text) as { ok: boolean; detail: string };
      t.equal(ok, false);
      const idleMs = Number(/turned (\d+) ms ago/.exec(detail)?.[1]);
      t.ok(idleMs >= 3000, `${detail}: not before holdFor (3 s) has passed`);
      t.ok(has(h1, VIP), 'its right is proved still');
      t.match(await ask(h1, '/status'), { status: 200, text: /"state":"leading"/ });
      t.strictSame(await daemon.stop(), { code: 0, signal: null }, 'a stop does not wait for it');
      t.notOk(has(h1, VIP));
      t.match(recordOf(endpoint), { state: 'released', reason: 'shutdown' });
    },
  );

  await t.test('a loop that ends: the VIP is withdrawn, and the daemon exits 1', async (t) => {
    const daemon = start(h1, { env: sabotaged('throw') });
    await daemon.said(leading);
    t.ok(has(h1, VIP));
    daemon.signal('SIGUSR2');
    t.strictSame(await daemon.end(), { code: 1, signal: null });
    t.notOk(has(h1, VIP), 'gone when the process is');
    await daemon.said({ msg: 'stopping', signal: 'defect' });
    const said = daemon.lines.map(({ msg }) => String(msg));
    t.ok(said.lastIndexOf('vip withdrawn') > said.indexOf('stopping'), 'by the stop, in order');
    t.ok(said.includes('stopped'));
    t.match(
      daemon.stderr,
      /^vip-elector: unexpected error: a planted defect \(set VIP_ELECTOR_DEBUG=1/m,
    );
    const next = start(h1);
    await next.said(leading);
    t.strictSame(await next.stop(), { code: 0, signal: null });
  });
});
