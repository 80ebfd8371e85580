import { stripVTControlCharacters } from 'node:util';
import t from 'tap';
import { fail, ok, warn } from '../../src/check/finding.ts';
import { checkText } from '../../src/cli/check-view.ts';

const FINDINGS = [
  ok('kernel', 'Linux 6.1'),
  warn('egress hook', 'a gap', 'a later kernel'),
  fail('group api', 'no link \u001b[31mis\ncalled eth0', 'name end0'),
];

await t.test('a line for each, the remedy beneath it, and a count', async (t) => {
  t.equal(
    checkText(FINDINGS, { colours: false }),
    `      CHECK        FOUND
ok    kernel       Linux 6.1
warn  egress hook  a gap
      remedy: a later kernel
fail  group api    no link ?[31mis?called eth0
      remedy: name end0

1 ok, 1 warn, 1 fail
`,
  );
});

await t.test('on a terminal the verdicts have colours, and nothing else differs', async (t) => {
  const text = checkText(FINDINGS, { colours: true });
  t.match(text, '\u001b[32mok  \u001b[0m  kernel');
  t.match(text, '\u001b[33mwarn\u001b[0m  egress hook');
  t.match(text, '\u001b[31mfail\u001b[0m  group api');
  t.match(text, '\u001b[31m1 fail\u001b[0m\n');
  t.equal(stripVTControlCharacters(text), checkText(FINDINGS, { colours: false }));
  t.match(checkText([FINDINGS[0]!], { colours: true }), /, 0 warn, 0 fail\n$/);
});
