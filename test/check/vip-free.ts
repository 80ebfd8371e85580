import t from 'tap';
import { judgeVipFree } from '../../src/check/vip-free.ts';

const SEEN = { group: 'api', vip: '10.0.0.100', mac: 'aa:bb:cc:dd:ee:ff' };

await t.test('who answers, and whether he may', async (t) => {
  t.match(judgeVipFree({ ...SEEN, mac: undefined, holder: undefined }), {
    name: 'VIP 10.0.0.100',
    verdict: 'ok',
    detail: 'nobody on the LAN answers for it',
  });
  t.match(judgeVipFree({ ...SEEN, holder: 'n2' }), { verdict: 'ok', detail: /n2 holds group api/ });
  t.match(judgeVipFree({ ...SEEN, holder: null }), {
    verdict: 'fail',
    detail: /^aa:bb:cc:dd:ee:ff answers for it, and none/,
    remedy: /find that station/,
  });
  t.match(judgeVipFree({ ...SEEN, holder: undefined }), { verdict: 'warn' });
});
