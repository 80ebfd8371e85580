import t from 'tap';
import { ask, REPORT, started } from '../../fixtures/http-server.ts';

await t.test('metrics, status and probes are served', async (t) => {
  const { port, events } = await started(t);
  t.same(events, [{ type: 'listening', listen: `127.0.0.1:${port}` }]);
  const metrics = await ask(port, '/metrics');
  t.equal(metrics.status, 200);
  t.equal(metrics.headers['content-type'], 'text/plain; version=0.0.4');
  t.equal(metrics.body, 'a 1\n');
  const status = await ask(port, '/status?pretty');
  t.equal(status.status, 200);
  t.equal(status.headers['content-type'], 'application/json');
  t.same(JSON.parse(status.body), REPORT);
  const health = await ask(port, '/healthz');
  t.equal(health.status, 200);
  t.same(JSON.parse(health.body), { ok: true, detail: 'beats are confirmed' });
  const ready = await ask(port, '/readyz');
  t.equal(ready.status, 503);
  t.same(JSON.parse(ready.body), { ok: false, detail: 'no carrier on end0' });
});

await t.test('answers are not cached, not sniffed, and end their connection', async (t) => {
  const { port } = await started(t);
  for (const path of ['/status', '/nothing']) {
    t.match((await ask(port, path)).headers, {
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      connection: 'close',
    });
  }
});

await t.test('HEAD is GET without the body, other methods are refused', async (t) => {
  const { port } = await started(t);
  const head = await ask(port, '/metrics', 'HEAD');
  t.match(head, { status: 200, body: '', headers: { 'content-length': '4' } });
  for (const method of ['POST', 'DELETE', 'PUT', 'OPTIONS']) {
    t.match(await ask(port, '/status', method), { status: 405, headers: { allow: 'GET, HEAD' } });
  }
});

await t.test('every other path is not found', async (t) => {
  const { port } = await started(t);
  for (const path of ['/', '/metrics/', '/__proto__', '/toString', '/%2e%2e/status', '//status']) {
    t.equal((await ask(port, path)).status, 404, path);
  }
});

await t.test('what throws is a 500, and the server goes on', async (t) => {
  const { port } = await started(t, {
    status: () => {
      throw new Error('no such group');
    },
    metrics: { text: () => Promise.reject(new Error('twice')), contentType: 'text/plain' },
  });
  t.match(await ask(port, '/status'), { status: 500, body: '{"error":"no such group"}\n' });
  t.match(await ask(port, '/metrics'), { status: 500 });
  t.equal((await ask(port, '/healthz')).status, 200);
});
