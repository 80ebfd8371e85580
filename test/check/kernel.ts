import t from 'tap';
import { judgeCapabilities } from '../../src/check/capabilities.ts';
import { judgeKernel } from '../../src/check/kernel.ts';

await t.test('a kernel that keeps marks is well, one that does not is usable', async (t) => {
  t.match(judgeKernel({ release: '6.1.0-rpi', marksAddresses: true }), [
    { name: 'kernel', verdict: 'ok', detail: 'Linux 6.1.0-rpi' },
    { name: 'address marks', verdict: 'ok' },
  ]);
  t.match(judgeKernel({ release: '5.10.0', marksAddresses: false }), [
    { verdict: 'ok', detail: 'Linux 5.10.0' },
    { verdict: 'warn', detail: /only the state file .* 12 s/, remedy: /^Linux 5\.18 or later/ },
  ]);
});

await t.test('each capability is a line of its own', async (t) => {
  const capability = { why: 'to do it', remedy: 'Run as root' };
  const found = judgeCapabilities([
    { name: 'CAP_NET_ADMIN', present: true, ...capability },
    { name: 'CAP_NET_RAW', present: false, ...capability },
  ]);
  t.match(found, [
    { name: 'CAP_NET_ADMIN', verdict: 'ok', detail: 'present: to do it' },
    { name: 'CAP_NET_RAW', verdict: 'fail', remedy: /^Run as root; run check as the daemon/ },
  ]);
});
