// Every command's help, by its own list of commands: each has an example that is of it.
import t from 'tap';
import { main } from '../../src/cli/main.ts';

async function help(...words: string[]): Promise<string> {
  let said = '';
  const say = (text: string): void => void (said += text);
  t.equal(await main([...words, '--help'], { stdout: say, stderr: say, env: {} }), 0);
  return said;
}

/** The names of the commands that a help lists. */
function commandsOf(text: string, ...above: string[]): string[] {
  const prefix = ['vip-elector', ...above].join(' ');
  const section = text.slice(text.indexOf('Commands:'), text.indexOf('Options:'));
  return [...section.matchAll(new RegExp(`^  ${prefix} ([a-z-]+)`, 'gm'))].map(([, n = '']) => n);
}

const top = commandsOf(await help());
const talos = commandsOf(await help('talos'), 'talos');

await t.test('the lists are not empty', async (t) => {
  for (const name of ['run', 'status', 'check', 'handover', 'talos'])
    t.ok(top.includes(name), name);
  t.ok(talos.includes('render'));
});

for (const words of [
  ...top.filter((name) => name !== 'completion').map((name) => [name]),
  ...talos.map((name) => ['talos', name]),
]) {
  const command = words.join(' ');
  await t.test(command, async (t) => {
    const text = await help(...words);
    const examples = text.slice(text.indexOf('Examples:'));
    t.match(text, /^Examples:$/m, 'has examples');
    t.match(examples, new RegExp(`^  vip-elector ${command}( |$)`, 'm'), 'of its own');
    for (const [, flag = ''] of examples.split('\n\n')[0]!.matchAll(/ --([a-z-]+)/g)) {
      if (words[0] !== 'talos' || words.length === 2)
        t.match(text, new RegExp(`^ .*--${flag}`, 'm'), flag);
    }
  });
}
