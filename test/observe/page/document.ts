import { createHash } from 'node:crypto';
import t from 'tap';
import { PAGE_REPLY } from '../../../src/observe/page/document.ts';

const { body, policy = '', contentType, status } = PAGE_REPLY;

function hash(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

await t.test('one document that asks for nothing of anybody', async (t) => {
  t.equal(status, 200);
  t.equal(contentType, 'text/html; charset=utf-8');
  const wanted = [...body.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, url = '']) => url);
  t.ok(wanted.length >= 4);
  for (const url of wanted) t.match(url, /^(?:data:|metrics$|status$|healthz$|readyz$)/);
  t.notMatch(body, /url\(|@import|sourceMappingURL/);
});

await t.test('its policy lets in its own script and style, and nothing else', async (t) => {
  const script = /<script type="module">([\s\S]*?)<\/script>/.exec(body)?.[1] ?? '';
  const style = /<style>([\s\S]*?)<\/style>/.exec(body)?.[1] ?? '';
  t.ok(script.length > 1000 && style.length > 1000);
  t.ok(policy.split('; ').includes(`script-src ${hash(script)}`));
  t.ok(policy.split('; ').includes(`style-src ${hash(style)}`));
  t.match(policy, /^default-src 'none'; /);
  t.notMatch(policy, /unsafe/);
  t.notMatch(script, /innerHTML|insertAdjacentHTML|document\.write|eval\(/, 'text stays text');
});
