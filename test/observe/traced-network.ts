import t from 'tap';
import type { ElectorEvent } from '../../src/events.ts';
import type { Network, NetworkEvent } from '../../src/network/types.ts';
import { TracedNetwork } from '../../src/observe/traced-network.ts';

const vip = { family: 4, address: '10.0.0.5', prefixLength: 32 } as const;

const told = (call: string, number: number, about: string[], phase: string): object => ({
  type: 'call',
  seam: 'kernel',
  call,
  number,
  about,
  phase,
});

function fakeNetwork(log: unknown[]): Network {
  const said = <T>(what: string, answer: T): Promise<T> => {
    log.push(what);
    return Promise.resolve(answer);
  };
  return {
    marksAddresses: true,
    links: () => said('links', []),
    addresses: () => said('addresses', []),
    assign: (index, { address }, seconds) =>
      said(`assign ${index} ${address} ${seconds}`, undefined),
    withdraw: (index, { address }) => said(`withdraw ${index} ${address}`, undefined),
    watch: () => () => void log.push('unwatched'),
  };
}

await t.test('changes and dumps of addresses are told around the call', async (t) => {
  const log: unknown[] = [];
  const network = new TracedNetwork(fakeNetwork(log), (event) => void log.push(event));
  t.ok(network.marksAddresses);
  await network.assign(2, vip, 4);
  await network.withdraw(2, vip);
  t.strictSame(await network.addresses(), []);
  t.strictSame(log, [
    told('assign', 1, [vip.address], 'sent'),
    'assign 2 10.0.0.5 4',
    told('assign', 1, [vip.address], 'answered'),
    told('withdraw', 2, [vip.address], 'sent'),
    'withdraw 2 10.0.0.5',
    told('withdraw', 2, [vip.address], 'answered'),
    told('addresses', 3, [], 'sent'),
    'addresses',
    told('addresses', 3, [], 'answered'),
  ]);
});

await t.test('a refusal of the kernel is told and thrown; links and events pass', async (t) => {
  const events: ElectorEvent[] = [];
  const log: unknown[] = [];
  const refusing: Network = {
    ...fakeNetwork(log),
    assign: () => Promise.reject(new Error('ENODEV')),
  };
  const network = new TracedNetwork(refusing, (event) => void events.push(event));
  await t.rejects(network.assign(2, vip, 4), { message: 'ENODEV' });
  t.match(events, [{ phase: 'sent' }, { phase: 'failed' }]);
  await network.links();
  network.watch((_event: NetworkEvent) => undefined)();
  t.strictSame(log, ['links', 'unwatched']);
  t.equal(events.length, 2);
});
