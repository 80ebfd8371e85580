import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Reply } from '../routes.ts';
import { STYLE } from './style.ts';

/** Plain JavaScript: what the browser gets is what is read here, as it was written. */
const SCRIPT = readFileSync(new URL('client.js', import.meta.url), 'utf8')
  // The compiler's, for a file that nobody can ask for.
  .replace(/^\/\/# sourceMappingURL=.*$/m, '');

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/** Nothing but itself: no other host, no frame, no script that came in by a name in etcd. */
const POLICY = [
  "default-src 'none'",
  `script-src ${hashOf(SCRIPT)}`,
  `style-src ${hashOf(STYLE)}`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const ICON =
  'data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 viewBox=%220 0 16 16%22%3E' +
  '%3Ccircle cx=%228%22 cy=%228%22 r=%226%22 fill=%22%231f7a4d%22/%3E%3C/svg%3E';

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>vip-elector</title>
<link rel="icon" href="${ICON}">
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>vip-elector</h1>
<p id="who"></p>
<p class="pills"><span id="line" class="pill" role="status">connecting</span><span id="etcd" class="pill"></span></p>
</header>
<p id="note" role="alert" hidden></p>
<main id="groups" aria-label="groups"><noscript>This page needs JavaScript; vip-elector status tells the same.</noscript></main>
<section aria-labelledby="timeline-title">
<h2 id="timeline-title">Timeline</h2>
<ol id="timeline"></ol>
</section>
<footer><nav aria-label="more"><a href="metrics">metrics</a><a href="status">status (JSON)</a><a href="healthz">health</a><a href="readyz">ready</a></nav><p id="facts"></p></footer>
<script type="module">${SCRIPT}</script>
</body>
</html>
`;

/** The page `/`: one document, which asks for nothing but `events`. */
export const PAGE_REPLY: Reply = {
  status: 200,
  contentType: 'text/html; charset=utf-8',
  body: PAGE,
  policy: POLICY,
};
