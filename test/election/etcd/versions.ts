import t from 'tap';
import { Versions } from '../../../src/election/etcd/versions.ts';
import type { ElectorEvent } from '../../../src/events.ts';

function watched(answer: () => Promise<string>) {
  const events: ElectorEvent[] = [];
  const endpoint = { url: 'http://e', failure: undefined as string | undefined };
  let asked = 0;
  const versions = new Versions<typeof endpoint>(
    (event) => void events.push(event),
    () => {
      asked += 1;
      return answer();
    },
  );
  return { events, endpoint, versions, asked: () => asked };
}

await t.test('asked once while it answers, again after it was away', async (t) => {
  const { endpoint, versions, events, asked } = watched(() => Promise.resolve('3.4.23'));
  versions.changed(endpoint);
  versions.changed(endpoint);
  t.equal(asked(), 1);
  await Promise.resolve();
  t.match(events, [
    { type: 'etcd-version', endpoint: 'http://e', version: '3.4.23', defects: [/20418/] },
  ]);
  endpoint.failure = 'connection refused';
  versions.changed(endpoint);
  t.equal(asked(), 1, 'not while it is away');
  endpoint.failure = undefined;
  versions.changed(endpoint);
  t.equal(asked(), 2, 'it may have been upgraded');
  await Promise.resolve();
  t.equal(events.length, 1, 'it was not, and that is no news');
});

await t.test('a member that does not tell is not asked again and again', async (t) => {
  const { endpoint, versions, events, asked } = watched(() => Promise.reject(new Error('no')));
  versions.changed(endpoint);
  await Promise.resolve();
  versions.changed(endpoint);
  t.equal(asked(), 1);
  t.same(events, []);
});
