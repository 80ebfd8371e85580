import t from 'tap';
import type { Listed } from '../../src/election/claim.ts';
import { TokenBook } from '../../src/election/token-book.ts';
import { systemClock } from '../../src/clock.ts';
import { MemoryJournal } from '../fixtures/memory-journal.ts';

const one = { key: 'one', createRevision: 7 };
const other = { key: 'other', createRevision: 9 };

function book(alwaysExact = false) {
  const journal = new MemoryJournal();
  const listed = new Map<string, Listed>();
  const tokens = new TokenBook('g', { clock: systemClock, journal, listed, alwaysExact });
  return { tokens, listed, memory: journal.memory };
}

await t.test('what is listed is in the beats and in the memory, one token a group', (t) => {
  const { tokens, listed, memory } = book();
  memory.tokens = [{ group: 'h', token: other }];
  const first = tokens.list(one, 4000);
  t.equal(tokens.list({ ...one }, 600), first, 'the same token is listed once');
  t.equal(first.ceilingMs, 600);
  t.equal(tokens.claim, undefined, 'not taken yet');
  t.equal(first.takenOn, undefined);
  first.recordRevision = 50;
  t.strictSame(tokens.claim, { group: 'g', token: one, recordRevision: 50 });
  tokens.list(other, 4000);
  t.equal(listed.size, 1);
  t.strictSame(memory.tokens, [
    { group: 'h', token: other },
    { group: 'g', token: other },
  ]);
  t.end();
});

await t.test('unlisted it stays in the memory, until it is burnt', (t) => {
  const { tokens, listed, memory } = book();
  const kept = tokens.list(one, 4000);
  tokens.unlist();
  t.equal(listed.size, 0);
  t.equal(memory.tokens.length, 1);
  tokens.relist(kept);
  t.equal(tokens.listed, kept);
  tokens.burn(one);
  t.strictSame(memory.tokens, []);
  t.ok(tokens.isBurnt({ ...one }));
  t.notOk(tokens.isBurnt(other));
  t.end();
});

await t.test('a token that nothing was done with leaves no trace', (t) => {
  const { tokens, listed, memory } = book();
  tokens.list(one, 4000);
  tokens.drop(one);
  t.equal(listed.size, 0);
  t.strictSame(memory.tokens, []);
  t.notOk(tokens.isBurnt(one));
  t.end();
});

await t.test('only the token of the state file resumes, once, and not after a loss', (t) => {
  const { tokens } = book();
  tokens.remember(one);
  t.equal(tokens.listed?.uncertain, true);
  t.equal(tokens.resumes({ ...one }), true);
  t.equal(tokens.resumes(one), false);
  tokens.remember(one);
  tokens.dismiss();
  t.equal(tokens.resumes(one), false);
  t.end();
});

await t.test('where others stand in the election every proof is exact', (t) => {
  t.equal(book(true).tokens.list(one, 1).alwaysExact, true);
  t.equal(book(false).tokens.list(one, 1).alwaysExact, false);
  t.end();
});

await t.test('the last burnt one of each group is in the memory: a restart knows it', (t) => {
  const { tokens, memory } = book();
  memory.burnt = [{ group: 'h', token: other }];
  tokens.burn({ key: 'k', createRevision: 1 });
  tokens.burn(one);
  t.strictSame(memory.burnt, [
    { group: 'h', token: other },
    { group: 'g', token: one },
  ]);
  const next = new TokenBook('g', {
    clock: systemClock,
    journal: new MemoryJournal(memory),
    listed: new Map(),
    alwaysExact: false,
  });
  t.ok(next.isBurnt(one));
  t.notOk(next.isBurnt(other), 'of another group');
  t.end();
});

await t.test('the burnt ones are remembered, but not for ever', (t) => {
  const { tokens } = book();
  for (let at = 1; at <= 17; at += 1) tokens.burn({ key: 'k', createRevision: at });
  t.notOk(tokens.isBurnt({ key: 'k', createRevision: 1 }));
  t.ok(tokens.isBurnt({ key: 'k', createRevision: 2 }));
  t.end();
});

await t.test('all of one group can be burnt at once, listed or not', (t) => {
  const { tokens, memory } = book();
  memory.tokens = [{ group: 'h', token: other }];
  tokens.list(one, 4000);
  tokens.unlist();
  tokens.burnAll();
  t.ok(tokens.isBurnt(one));
  t.strictSame(memory.tokens, [{ group: 'h', token: other }], 'another group has its own');
  t.end();
});

await t.test('what may have been taken may be so still when it is listed again', (t) => {
  const { tokens } = book();
  tokens.list(one, 4000).uncertain = true;
  tokens.unlist();
  const again = tokens.list(one, 4000);
  t.ok(again.uncertain, 'an earlier taking is still on its way, perhaps');
  again.uncertain = false;
  tokens.unlist();
  t.notOk(tokens.list(one, 4000).uncertain, 'a later one was answered: it overtook all');
  tokens.list(one, 4000).uncertain = true;
  tokens.unlist();
  t.notOk(tokens.list(other, 4000).uncertain, 'of another token nothing was sent');
  t.end();
});
