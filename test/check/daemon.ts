import t from 'tap';
import { judgeDaemon } from '../../src/check/daemon.ts';
import { REPORT } from '../fixtures/http-server.ts';

const runtimeDir = '/run/vip-elector';

await t.test('one or none is no judgement', async (t) => {
  t.match(judgeDaemon({ runtimeDir, locked: false, status: undefined }), {
    verdict: 'ok',
    detail: 'none runs in this network namespace',
  });
  t.match(judgeDaemon({ runtimeDir, locked: true, status: REPORT }), {
    verdict: 'ok',
    detail: 'runs here: node n1, 1, profile steady',
  });
});

await t.test('one that does not answer here has another directory, or hangs', async (t) => {
  t.match(judgeDaemon({ runtimeDir, locked: true, status: undefined }), {
    verdict: 'warn',
    detail: /does not answer in \/run\/vip-elector$/,
    remedy: /--runtime-dir/,
  });
});

await t.test('one of another network namespace keeps ours from starting', async (t) => {
  t.match(judgeDaemon({ runtimeDir, locked: false, status: REPORT }), {
    verdict: 'fail',
    detail: /another network namespace \(node n1\)/,
    remedy: /directory of its own/,
  });
});
