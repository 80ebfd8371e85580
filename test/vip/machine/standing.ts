// What every transition keeps to about candidacy, stops, back-off, and the reasons it gives.
import t from 'tap';
import { every, has, holds, nodes, types } from '../../fixtures/machine-graph.ts';

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
      (event.type === 'taken' &&
        to.state.reason === (event.resumed ? 'lease-resumed' : (event.reason ?? 'elected'))),
    'elected or resumed, or why it was stood for',
  );
  every(
    t,
    ({ event, from }) =>
      (event.type === 'lost' || event.type === 'expired') && from.state.name !== 'withdrawing',
    ({ event, to }) => {
      const { reason, detail } = to.state;
      const told = event.type === 'lost' || event.type === 'expired' ? event : undefined;
      return reason === told?.reason && detail === told?.detail;
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
