import t from 'tap';
import { fenceInUse, judgeFence } from '../../src/check/fence.ts';
import { timingFor } from '../../src/config/profiles.ts';
import { NetworkError } from '../../src/network/network-error.ts';

const steady = timingFor({ profile: 'steady' });
const seconds = timingFor({ profile: 'seconds' });
const refusal = new NetworkError('rehearse the fence (change 13)', 'ENOENT');
const NOTHING = { fence: false, egress: false, refusal };

await t.test('with all of it the configured profile runs', async (t) => {
  const all = { fence: true, egress: true };
  t.match(judgeFence(all, steady), [
    { name: 'nftables', verdict: 'ok' },
    { name: 'egress hook', verdict: 'ok' },
    { name: 'profile', verdict: 'ok', detail: /^steady runs: .* 3s .* taken over after 3\.7 s$/ },
  ]);
  const [, , fast] = judgeFence(all, timingFor({ profile: 'fast' }));
  t.match(fast, { verdict: 'ok', detail: /^fast runs: .* 600ms .* 0\.8 s$/ });
  const [, , adaptive] = judgeFence(all, timingFor({ profile: 'adaptive' }));
  t.match(adaptive, { verdict: 'ok', detail: /^adaptive runs: .* or less as heartbeats allow$/ });
});

await t.test('a daemon that has its fence need not be disturbed by a try', async (t) => {
  const told = fenceInUse({ fence: { kind: 'nftables', profile: 'steady', egress: false } });
  t.match(judgeFence(told ?? 'denied', steady), [
    { name: 'nftables', verdict: 'ok', detail: /^the daemon that runs here/ },
    { name: 'egress hook', verdict: 'warn' },
    { name: 'profile', verdict: 'ok' },
  ]);
  const none = { kind: 'address-lifetime', profile: 'seconds', egress: false } as const;
  t.equal(fenceInUse({ fence: none }), undefined, 'it may not have asked for one');
});

await t.test('without the egress hook there is a gap, and the profile runs', async (t) => {
  t.match(judgeFence({ fence: true, egress: false }, steady), [
    { name: 'nftables', verdict: 'ok' },
    { name: 'egress hook', verdict: 'warn', remedy: /CONFIG_NETFILTER_EGRESS/ },
    { name: 'profile', verdict: 'ok', detail: /^steady runs/ },
  ]);
});

await t.test('without nftables profile seconds runs in its place', async (t) => {
  const found = judgeFence(NOTHING, steady);
  t.equal(found.length, 2);
  t.match(found, [
    { name: 'nftables', verdict: 'warn', detail: /\(change 13\): ENOENT$/, remedy: /modprobe/ },
    { verdict: 'warn', detail: /^seconds runs in place of steady: .* 4\.9 s, .* needs 3\.7 s$/ },
  ]);
  t.match(judgeFence(NOTHING, seconds), [
    { name: 'nftables', verdict: 'ok', detail: /profile seconds does without$/ },
    { name: 'profile', verdict: 'ok', detail: /^seconds runs: .* 4\.9 s$/ },
  ]);
});

await t.test('where we may not ask, nothing is claimed', async (t) => {
  const found = judgeFence('denied', steady);
  t.equal(found.length, 1);
  t.match(found, [{ name: 'nftables', verdict: 'fail', detail: /CAP_NET_ADMIN/, remedy: /root/ }]);
});
