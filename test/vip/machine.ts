// Every state that can be reached, with every event: explored breadth first, each step checked
// against the invariants and against the table at the top of the source.
import { readFileSync } from 'node:fs';
import t from 'tap';
import type { Test } from 'tap';
import { GROUP_STATES } from '../../src/events.ts';
import type { GroupState } from '../../src/events.ts';
import { initialState, step } from '../../src/vip/machine.ts';
import type { Fault, MachineAction, MachineEvent, MachineState } from '../../src/vip/machine.ts';

const FAULTS: readonly Fault[] = [
  { reason: 'link-down', detail: 'link end0 has no carrier' },
  { reason: 'name-conflict', detail: 'n1 beats elsewhere' },
];
/** The columns of the table, with every event that belongs to one. */
const COLUMNS: Readonly<Record<string, readonly MachineEvent[]>> = {
  queue: [
    { type: 'queue', otherLeads: true },
    { type: 'queue', otherLeads: false },
  ],
  taken: [
    { type: 'taken', resumed: false },
    { type: 'taken', resumed: true },
  ],
  assigned: [{ type: 'assigned' }],
  'assign-failed': [{ type: 'assign-failed', detail: 'refused' }],
  'lost, expired': [
    { type: 'lost', reason: 'deposed', detail: 'by n2' },
    { type: 'lost', reason: 'lease-lost', detail: '' },
    { type: 'expired', reason: 'fence-expired', detail: '' },
    { type: 'expired', reason: 'suspended', detail: 'for 3000 ms' },
  ],
  fault: FAULTS.map((fault) => ({ type: 'fault', fault })),
  cleared: [{ type: 'fault-cleared' }],
  withdrawn: [{ type: 'withdrawn' }],
  stop: [{ type: 'stop' }],
};
const EVENTS = Object.values(COLUMNS).flat();

/** A state, and what followed from all candidate actions so far. */
interface Node {
  readonly state: MachineState;
  readonly candidate: boolean;
  readonly path: readonly string[];
}
interface Edge {
  readonly from: Node;
  readonly event: MachineEvent;
  readonly to: Node;
  readonly actions: readonly MachineAction[];
}

const keyOf = ({ state, candidate }: Node): string => JSON.stringify([state, candidate]);

/** All reachable states and all transitions between them. `start()` makes a candidate of it. */
function explore(): { nodes: readonly Node[]; edges: readonly Edge[] } {
  const first: Node = { state: initialState(), candidate: true, path: [] };
  const known = new Map([[keyOf(first), first]]);
  const edges: Edge[] = [];
  for (const from of known.values()) {
    for (const event of EVENTS) {
      const { state, actions } = step(from.state, event);
      let { candidate } = from;
      for (const action of actions) if (action.type === 'candidate') candidate = action.wanted;
      const to: Node = { state, candidate, path: [...from.path, JSON.stringify(event)] };
      edges.push({ from, event, to, actions });
      // A Map hands out what is added while it is walked: breadth first.
      if (!known.has(keyOf(to))) known.set(keyOf(to), to);
    }
  }
  return { nodes: [...known.values()], edges };
}

const { nodes, edges } = explore();
const holds = ({ state }: Node): boolean => state.name === 'assigning' || state.name === 'leading';
const types = (edge: Edge): string[] => edge.actions.map(({ type }) => type);
const has = (edge: Edge, type: MachineAction['type']): boolean => types(edge).includes(type);

const enters = (edge: Edge): boolean =>
  edge.to.state.name === 'assigning' && edge.from.state.name !== 'assigning';
const moves = (name: GroupState): boolean =>
  edges.some(({ from, to }) => from.state.name === name && to.state.name !== name);

/** That every transition of those that `concerns` picks satisfies `right`; says which does not. */
function every(
  t: Test,
  concerns: (edge: Edge) => boolean,
  right: (edge: Edge) => boolean,
  what: string,
): void {
  const concerned = edges.filter(concerns);
  t.not(concerned.length, 0, `${what}: there are such transitions`);
  const wrong = concerned.filter((edge) => !right(edge));
  t.strictSame(
    wrong.slice(0, 3).map(({ from, event, to, actions }) => ({ from, event, to, actions })),
    [],
    what,
  );
}

await t.test('a release follows the kernel’s confirmation, in one step with it', async (t) => {
  every(
    t,
    (edge) => has(edge, 'release'),
    (edge) =>
      edge.event.type === 'withdrawn' &&
      edge.from.state.name === 'withdrawing' &&
      types(edge).indexOf('confirm') !== -1 &&
      types(edge).indexOf('confirm') < types(edge).indexOf('release'),
    'release only after confirm',
  );
  every(
    t,
    (edge) => has(edge, 'confirm'),
    (edge) => edge.event.type === 'withdrawn' && edge.from.state.name === 'withdrawing',
    'confirm only by the kernel’s word for a withdrawal of ours',
  );
  every(
    t,
    (edge) => edge.event.type === 'withdrawn' && edge.from.state.name === 'withdrawing',
    (edge) => has(edge, 'confirm') && edge.to.state.name !== 'withdrawing',
    'and every confirmation is passed on',
  );
});

await t.test('what is released is what a withdrawal was begun for', async (t) => {
  every(
    t,
    (edge) => has(edge, 'confirm'),
    (edge) => {
      const release = edge.actions.find((action) => action.type === 'release');
      return release?.reason === edge.from.state.release;
    },
    'the release carries the reason that the state kept, or there is none',
  );
  every(
    t,
    (edge) => edge.event.type === 'lost',
    (edge) => edge.to.state.release === undefined,
    'a token that is gone is not released',
  );
  every(
    t,
    (edge) => edge.event.type === 'expired' && edge.from.state.name !== 'withdrawing',
    (edge) => edge.to.state.release === undefined,
    'one whose deadline passed is kept: it may be proved again',
  );
  every(
    t,
    (edge) => edge.event.type === 'expired' && edge.from.state.name === 'withdrawing',
    (edge) => edge.to.state.release === edge.from.state.release,
    'a deadline that passes during a withdrawal changes nothing',
  );
  every(
    t,
    (edge) => edge.event.type === 'taken' && edge.from.state.name === 'withdrawing',
    (edge) => edge.to.state.release !== undefined,
    'a taking confirmed too late is released with the rest',
  );
  every(
    t,
    (edge) => ['stop', 'fault', 'assign-failed'].includes(edge.event.type) && holds(edge.from),
    (edge) => edge.to.state.release === edge.to.state.reason,
    'what ends a hold that is still good gives it up, and says why',
  );
});

await t.test('it announces when it comes to lead, and only then', async (t) => {
  every(
    t,
    (edge) => has(edge, 'announce'),
    (edge) => edge.from.state.name === 'assigning' && edge.to.state.name === 'leading',
    'announce only on entering leading',
  );
  every(
    t,
    (edge) => edge.to.state.name === 'leading' && edge.from.state.name !== 'leading',
    (edge) => edge.event.type === 'assigned' && has(edge, 'announce'),
    'leading only by the kernel’s acknowledgement, and announced at once',
  );
});

await t.test('it assigns on entering assigning, and only then', async (t) => {
  every(t, enters, (edge) => edge.event.type === 'taken', 'only a taking leads there');
  every(t, (edge) => has(edge, 'assign'), enters, 'assign only on entering');
  every(t, enters, (edge) => has(edge, 'assign'), 'and always on entering');
});

await t.test('who ends a hold falls silent first, then withdraws', async (t) => {
  every(
    t,
    (edge) => holds(edge.from) && !holds(edge.to),
    (edge) =>
      edge.to.state.name === 'withdrawing' &&
      types(edge)[0] === 'silence' &&
      types(edge)[1] === 'withdraw',
    'leaving assigning or leading',
  );
  every(
    t,
    (edge) => has(edge, 'withdraw') || has(edge, 'silence'),
    (edge) => edge.to.state.name === 'withdrawing' && edge.from.state.name !== 'withdrawing',
    'one withdrawal at a time',
  );
  every(
    t,
    (edge) => edge.to.state.name === 'withdrawing' && edge.from.state.name !== 'withdrawing',
    (edge) => types(edge)[0] === 'silence' && types(edge)[1] === 'withdraw',
    'and withdrawing always withdraws',
  );
});

await t.test('it stands for election when and only when nothing speaks against it', async (t) => {
  for (const node of nodes) {
    const { fault, stopping } = node.state;
    const may = fault === undefined && !stopping;
    if (node.candidate !== may) t.fail('candidacy does not fit the state', { node });
  }
  every(
    t,
    (edge) => edge.to.state.fault !== undefined,
    (edge) => !edge.actions.some((action) => action.type === 'candidate' && action.wanted),
    'never with a fault',
  );
  every(
    t,
    (edge) => edge.to.state.stopping,
    (edge) => !edge.to.candidate,
    'never while stopping',
  );
});

await t.test('a stop is for good', async (t) => {
  every(
    t,
    (edge) => edge.from.state.stopping || edge.event.type === 'stop',
    (edge) => edge.to.state.stopping && !holds(edge.to) && edge.to.state.name !== 'campaigning',
    'never a candidate, never a holder again',
  );
  every(
    t,
    (edge) => edge.event.type === 'stop',
    (edge) => edge.to.state.name === 'withdrawing' && edge.to.state.release !== undefined,
    'it withdraws and releases from every state',
  );
  every(
    t,
    (edge) => edge.from.state.stopping && edge.event.type === 'taken',
    (edge) => edge.to.state.name === 'withdrawing' && edge.to.state.release !== undefined,
    'a taking that comes afterwards is given back',
  );
});

await t.test('it backs off when the link refused the address, and only then', async (t) => {
  every(
    t,
    (edge) => has(edge, 'back-off'),
    (edge) => edge.event.type === 'assign-failed' && holds(edge.from),
    'back-off only after assign-failed',
  );
  every(
    t,
    (edge) => edge.event.type === 'assign-failed' && holds(edge.from),
    (edge) => types(edge).join(' ') === 'silence withdraw back-off',
    'after the withdrawal has begun',
  );
});

await t.test('every state carries why it is so', async (t) => {
  every(
    t,
    ({ event, from }) =>
      event.type === 'taken' && !from.state.stopping && from.state.fault === undefined,
    ({ event, from, to }) =>
      to.state.name !== 'assigning' ||
      from.state.name === 'assigning' ||
      to.state.reason === (event.type === 'taken' && event.resumed ? 'lease-resumed' : 'elected'),
    'elected or resumed',
  );
  every(
    t,
    ({ event, from }) =>
      (event.type === 'lost' || event.type === 'expired') && from.state.name !== 'withdrawing',
    ({ event, to }) => {
      const { reason, detail } = to.state;
      return 'reason' in event && reason === event.reason && detail === event.detail;
    },
    'lost and expired say their own',
  );
  every(
    t,
    ({ to }) => to.state.name === 'faulted' && !to.state.stopping,
    ({ to }) => {
      const { fault, reason, detail } = to.state;
      return fault !== undefined && reason === fault.reason && detail === fault.detail;
    },
    'faulted tells the fault that is',
  );
});

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
  const source = readFileSync(new URL('../../src/vip/machine.ts', import.meta.url), 'utf8');
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
