// What every transition keeps to about assigning, announcing, withdrawing and releasing.
import t from 'tap';
import { every, has, holds, types, type Edge } from '../../fixtures/machine-graph.ts';

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

const enters = (edge: Edge): boolean =>
  edge.to.state.name === 'assigning' && edge.from.state.name !== 'assigning';

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
