import t from 'tap';
import { readCounters } from '../../src/lab/etcd-counters.ts';

const page = (name: string, txns: number, puts: number): string =>
  [
    '# HELP grpc_server_handled_total Total number of RPCs.',
    `grpc_server_handled_total{grpc_code="OK",grpc_method="Txn",grpc_type="unary"} ${txns}`,
    'grpc_server_handled_total{grpc_code="OK",grpc_method="Range",grpc_type="unary"} 2',
    'grpc_server_started_total{grpc_method="Txn",grpc_type="unary"} 99',
    `# TYPE ${name} counter`,
    `${name} ${puts}`,
    '',
  ].join('\n');

await t.test('requests are those of all members, writes those that each member has seen', (t) => {
  const counted = readCounters([
    page('etcd_debugging_mvcc_put_total', 1000, 2000),
    page('etcd_debugging_mvcc_put_total', 10, 1999),
  ]);
  t.strictSame(counted, { requests: 1014, writes: 2000 });
  t.end();
});

await t.test('etcd 3.5 names writes differently, and large numbers have an exponent', (t) => {
  const counted = readCounters([page('etcd_mvcc_put_total', 1.5e6, 3e6)]);
  t.strictSame(counted, { requests: 1_500_002, writes: 3_000_000 });
  t.strictSame(readCounters(['etcd_mvcc_put_total 1.2e+06']).writes, 1_200_000);
  t.strictSame(readCounters(['']), { requests: 0, writes: 0 });
  t.end();
});
