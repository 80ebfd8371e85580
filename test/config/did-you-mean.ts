import t from 'tap';
import { didYouMean, nearest } from '../../src/config/did-you-mean.ts';

const KNOWN = ['node', 'prefix', 'etcd', 'groups', 'holdFor', 'passwordFile'];

await t.test('swapped, missing and wrong letters are recognised', async (t) => {
  t.equal(nearest('ectd', KNOWN), 'etcd');
  t.equal(nearest('hold_for', KNOWN), 'holdFor');
  t.equal(nearest('prefx', KNOWN), 'prefix');
  t.equal(nearest('password', KNOWN), 'passwordFile');
  t.equal(nearest('passwrod', KNOWN), 'passwordFile');
});

await t.test('what is like nothing gets the list of what there is', async (t) => {
  t.equal(nearest('colour', KNOWN), undefined);
  t.equal(didYouMean('colour', KNOWN), `known are ${KNOWN.join(', ')}`);
  t.equal(didYouMean('nodes', KNOWN), 'did you mean node?');
});
