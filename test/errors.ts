import t from 'tap';
import { ConfigError, describe, ExitCode, OperatorError, PrivilegeError } from '../src/errors.ts';

await t.test(
  'a configuration error shows every problem with field, value and remedy',
  async (t) => {
    const error = new ConfigError([
      {
        field: '--vip',
        value: '10.0.0',
        problem: 'is no IP address',
        remedy: 'give one like 10.0.0.5',
      },
      { field: 'etcd.endpoints', problem: 'is missing', remedy: 'name at least one endpoint' },
    ]);
    t.equal(
      error.message,
      'configuration refused:\n' +
        '  --vip = "10.0.0": is no IP address; give one like 10.0.0.5\n' +
        '  etcd.endpoints: is missing; name at least one endpoint',
    );
    t.equal(error.exitCode, ExitCode.usage);
  },
);

await t.test(
  'a missing privilege exits with 4, an operator error with 1 unless told',
  async (t) => {
    t.equal(new PrivilegeError('no CAP_NET_RAW').exitCode, ExitCode.missingPrivilege);
    t.equal(new OperatorError('x').exitCode, ExitCode.failed);
  },
);

await t.test('an error is described with its causes', async (t) => {
  const error = new Error('cannot assign', { cause: new Error('EPERM') });
  t.equal(describe(error), 'cannot assign: EPERM');
  t.equal(describe('text'), 'text');
  t.equal(describe(new TypeError('')), 'TypeError');
});
