// Who is next, of those that wait.
import t from 'tap';
import type { FactsByNode } from '../../src/election/node-facts.ts';
import type { CandidateView } from '../../src/election/types.ts';
import { best, candidatesText, others } from '../../src/vip/candidates.ts';

function candidate(node: string, more: Partial<CandidateView> = {}): CandidateView {
  const own = { node, leaseId: `lease-${node}`, revision: 7 };
  return { ...own, foreign: false, mine: false, alive: true, ...more };
}

function factsOf(nodes: Record<string, { weight?: number; healthy?: boolean }>): FactsByNode {
  return new Map(
    Object.entries(nodes).map(([node, own]) => [
      node,
      { groups: [{ name: 'api', vips: [], ...own }] },
    ]),
  );
}

const n1 = candidate('n1', { mine: true });

await t.test(
  'the heaviest that is healthy and heard; of equals the one that waits longest',
  (t) => {
    const queue = [n1, candidate('n2'), candidate('n3'), candidate('n4'), candidate('n5')];
    const facts = factsOf({
      n3: { weight: 60 },
      n4: { weight: 60 },
      n5: { weight: 90, healthy: false },
    });
    const all = others({ group: 'api', queue, facts });
    t.equal(best(all)?.node, 'n3');
    t.equal(best(others({ group: 'db', queue, facts }))?.node, 'n2', 'of another group');
    t.equal(best(others({ group: 'api', queue: [n1], facts })), undefined);
    t.end();
  },
);

await t.test('nobody silent, unhealthy, drained, or behind somebody who is none of us', (t) => {
  const queue = [
    n1,
    candidate('n2', { alive: false }),
    candidate('n3'),
    candidate('n4'),
    candidate('talos', { foreign: true, alive: false }),
    candidate('n5'),
  ];
  const facts = new Map([...factsOf({ n3: { healthy: false } }), ['n4', { drained: true }]]);
  const all = others({ group: 'api', queue, facts });
  t.equal(best(all), undefined);
  t.equal(
    candidatesText(all),
    'candidates: n2 (silent), n3 (unhealthy), n4 (drained), n5 (healthy)',
  );
  t.equal(candidatesText([]), 'there is no other candidate');
  t.equal(all.at(-1)?.behindForeigner, true);
  t.end();
});
