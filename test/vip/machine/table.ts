// Which states there are, and that the table at the top of the source says what the machine does.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { GROUP_STATES, type GroupState } from '../../../src/events.ts';
import { step } from '../../../src/vip/machine.ts';
import {
  COLUMNS,
  edges,
  EVENTS,
  nodes,
  type Edge,
  type Node,
} from '../../fixtures/machine-graph.ts';

/** Everything but texts and the reason: what a state is. */
function shapeOf({ state }: Node): string {
  const { name, fault, release, stopping } = state;
  return [name, fault && 'fault', release && 'release', stopping && 'stopping']
    .filter(Boolean)
    .join(' ');
}

await t.test('these states can be reached, and no others', async (t) => {
  t.strictSame([...new Set(nodes.map(shapeOf))].toSorted(), [
    'assigning',
    'campaigning',
    'faulted fault',
    'faulted fault stopping',
    'faulted stopping',
    'following',
    'following stopping',
    'leading',
    'withdrawing',
    'withdrawing fault',
    'withdrawing fault release',
    'withdrawing fault release stopping',
    'withdrawing fault stopping',
    'withdrawing release',
    'withdrawing release stopping',
    'withdrawing stopping',
  ]);
});

const moves = (name: GroupState): boolean =>
  edges.some(({ from, to }) => from.state.name === name && to.state.name !== name);

await t.test('from every state a step leads on: none is a dead end', async (t) => {
  for (const name of GROUP_STATES) t.ok(moves(name), name);
});

await t.test('a step does not change the state that it is given', async (t) => {
  for (const { state } of nodes) {
    const frozen = Object.freeze({ ...state });
    for (const event of EVENTS) step(frozen, event);
  }
  t.pass('no write to a frozen state was tried');
});

/** The table at the top of the source: state → column → cell, without its spaces and with its notes. */
function readTable(): Map<string, Map<string, string>> {
  const source = readFileSync(new URL('../../../src/vip/machine.ts', import.meta.url), 'utf8');
  const rows = source
    .split('\n')
    .filter((line) => line.startsWith(' * |') && !line.includes('|--'))
    .map((line) => line.slice(4, line.lastIndexOf('|')).split('|'))
    .map((cells) => cells.map((cell) => cell.trim()));
  const [header = [], ...body] = rows;
  return new Map(
    body.map(([name = '', ...cells]) => [
      name,
      new Map(cells.map((cell, index) => [header[index + 1] ?? '', cell])),
    ]),
  );
}

/** Whether a transition is what its cell says. Notes: ¹ … ⁵ as below the table. */
function fits(cell: string, { from, event, to }: Edge): boolean {
  const stays = to.state.name === from.state.name;
  if (cell.includes('⁵') && from.state.stopping) {
    if (event.type !== 'taken') return stays;
    return to.state.name === 'withdrawing' && to.state.release !== undefined;
  }
  const names = cell.replaceAll(/[¹²³⁴⁵ ]/gu, '');
  if (['–', '(kept)', '(dropped)'].includes(names)) return stays;
  if (names === 'followingorfaulted') {
    return to.state.name === (from.state.fault === undefined ? 'following' : 'faulted');
  }
  if (cell.includes('¹') || cell.includes('²')) {
    const applies = event.type === 'queue' && event.otherLeads === cell.includes('²');
    return applies ? to.state.name === names : stays;
  }
  if (cell.includes('³') !== (to.state.release !== undefined)) return false;
  return to.state.name === names;
}

await t.test('the table in the source is what the machine does, cell by cell', async (t) => {
  const table = readTable();
  t.strictSame([...table.keys()].toSorted(), [...GROUP_STATES].toSorted(), 'a row for each state');
  for (const [name, row] of table) {
    t.strictSame([...row.keys()], Object.keys(COLUMNS), `${name}: a column for each event`);
    for (const [column, cell] of row) {
      const events = COLUMNS[column] ?? [];
      const here = edges.filter(
        ({ from, event }) => from.state.name === name && events.includes(event),
      );
      const wrong = here.filter((edge) => !fits(cell, edge));
      t.strictSame(wrong.slice(0, 2), [], `${name}, ${column}: ${cell}`);
      t.not(here.length, 0);
    }
  }
});
