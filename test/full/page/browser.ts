// The status page in a real Chromium: what it shows of a live cluster, on a phone and on a desk, light and dark.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Locator, type Page } from 'playwright-core';
import t from 'tap';
import { makeSite, ramDirectory } from '../../fixtures/hosts.ts';
import { etcdctl } from '../../fixtures/etcd-store.ts';
import { inNamespace, ip } from '../../fixtures/namespace.ts';

/** With it, the pictures are kept there for people. */
const PICTURES = process.env['PAGE_PICTURES'];
const WITHIN_MS = 15_000;
/** Would be run, or drawn, if text were taken for markup. */
const HOSTILE = '<img src=x onerror="document.title=1">';

async function shot(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
}

/** The line of a node. */
function item(page: Page, node: string): Locator {
  return page.locator(`[data-node="${node}"]`);
}

await inNamespace(t, import.meta.url, async () => {
  const { h1, hosts, endpoint, cluster, start } = await makeSite(t, { hosts: 3 });
  const holder = start(h1);
  await holder.said({ msg: 'transition', to: 'leading' });
  const followers = hosts.slice(1).map((host) => start(host));
  for (const each of followers) await each.said({ msg: 'listening', component: 'http' });

  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    // Root, as all of these tests; no network but the namespace's.
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    env: { ...process.env, HOME: ramDirectory(t, 'chromium') },
  });
  t.teardown(() => browser.close());
  const faults: string[] = [];
  const open = async (options: Parameters<typeof browser.newContext>[0]): Promise<Page> => {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    page.setDefaultTimeout(WITHIN_MS);
    page.on('pageerror', (error) => void faults.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    await page.goto(`http://${h1.address}:2112/`);
    return page;
  };
  const desk = await open({ viewport: { width: 1100, height: 800 }, colorScheme: 'light' });

  await t.test('groups, holder, each node with its state and reason', async (t) => {
    await desk.getByText('h1 holds it').waitFor();
    await item(desk, 'h1').getByText('leading').waitFor();
    for (const node of ['h2', 'h3']) await item(desk, node).getByText('following').waitFor();
    t.match(await item(desk, 'h1').textContent(), /\(this node\).*elected.*number 1 in the queue/);
    t.match(await desk.locator('#timeline').textContent(), /h1 held: elected/);
    t.match(await desk.locator('#etcd').textContent(), 'etcd 1 of 1');
    for (const path of ['metrics', 'status', 'healthz', 'readyz']) {
      t.equal(await desk.locator(`nav a[href="${path}"]`).count(), 1, path);
    }
  });

  await t.test('the bar lives: what is left goes down, and up again', async (t) => {
    const meter = item(desk, 'h1').locator('[role=meter]');
    const values = new Set<string>();
    for (let n = 0; n < 40 && values.size < 3; n += 1) {
      values.add((await meter.getAttribute('aria-valuenow')) ?? '');
      await desk.waitForTimeout(100);
    }
    t.ok(values.size >= 3, [...values].join(' '));
    for (const value of values) t.ok(Number(value) > 0 && Number(value) <= 100, value);
    t.match(await item(desk, 'h1').locator('output').textContent(), /^\d\.\d of 3\.0 s$/);
  });

  await t.test('on a phone nothing is wider than the screen, light and dark', async (t) => {
    const backs = new Set<string>();
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await open({ viewport: { width: 360, height: 740 }, colorScheme });
      await item(page, 'h3').getByText('following').waitFor();
      const width = await page.evaluate<number>('document.documentElement.scrollWidth');
      t.ok(width <= 360, `${width} px`);
      backs.add(await page.evaluate<string>('getComputedStyle(document.body).backgroundColor'));
      await shot(page, `phone-${colorScheme}`);
      await page.context().close();
    }
    t.equal(backs.size, 2, [...backs].join(' '));
    await shot(desk, 'desk-light');
  });

  await t.test('a link that fails and a node that dies are told with their reasons', async (t) => {
    ip('link', 'set', hosts[2].port, 'down');
    await item(desk, 'h3').getByText('away').waitFor({ timeout: 30_000 });
    ip('link', 'set', hosts[2].port, 'up');
    await item(desk, 'h3').getByText('following').waitFor({ timeout: 30_000 });
    holder.signal('SIGSTOP');
    await desk.getByText('no answer from this node').waitFor();
    await shot(desk, 'desk-lost');
    holder.signal('SIGCONT');
    await desk.getByText('live', { exact: true }).waitFor();
    await desk.getByText(/h[23] holds it/).waitFor();
    t.match(await desk.locator('#timeline').textContent(), /leading → withdrawing: fence-expired/);
    t.match(await desk.locator('#timeline').textContent(), /h1 deposed/);
  });

  await t.test('text from etcd is text', async (t) => {
    const history = JSON.stringify([
      { atMs: Date.now(), node: HOSTILE, state: 'held', reason: HOSTILE, by: HOSTILE },
    ]);
    etcdctl(endpoint, 'put', '/vip-elector/history/default', history);
    await desk.locator('#timeline').getByText(HOSTILE).first().waitFor();
    t.equal(await desk.locator('#timeline img').count(), 0);
    t.not(await desk.title(), '1');
  });

  await t.test('without etcd the page goes on, and says so', async (t) => {
    await cluster.members[0]!.stop();
    await desk.getByText('etcd does not answer').first().waitFor();
    await desk
      .getByText(/nobody holds it|other nodes are shown as last read/)
      .first()
      .waitFor();
    await shot(desk, 'desk-no-etcd');
    await cluster.members[0]!.start();
    await desk.getByText('etcd 1 of 1').waitFor();
    t.pass('and recovers');
  });

  t.strictSame(
    faults.filter((text) => !/ERR_|Failed to load resource/.test(text)),
    [],
    'no error in the browser',
  );
});
