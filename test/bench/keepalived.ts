import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { keepalived, keepalivedConfig } from './compare/keepalived.ts';

await t.test('the configuration says what the table says of it', (t) => {
  const vips = ['10.77.0.100', '10.77.0.101'];
  t.equal(
    keepalivedConfig({ node: 'h2', priority: 99, advertMs: 1000, vips }),
    `global_defs {
  router_id h2
}
vrrp_instance vip {
  state BACKUP
  nopreempt
  interface end0
  virtual_router_id 51
  priority 99
  advert_int 1
  virtual_ipaddress {
    10.77.0.100/32 dev end0
    10.77.0.101/32 dev end0
  }
}
`,
  );
  t.end();
});

await t.test('a part of a second needs version 3 of the protocol', (t) => {
  const config = keepalivedConfig({ node: 'h1', priority: 100, advertMs: 100, vips: [] });
  t.match(config, /vrrp_version 3/);
  t.match(config, /advert_int 0\.1$/m);
  t.end();
});

await t.test('each host has its own file, priority and pid files', (t) => {
  const runtimeDir = join(t.testdir(), 'h3-run');
  const rest = { endpoints: [], args: [], profile: 'steady' } as const;
  const context = { node: 'h3', vips: ['10.77.0.100'], runtimeDir, ...rest };
  const [program, ...args] = keepalived(100).command(context);
  t.equal(program, 'keepalived');
  t.ok(args.includes('--dont-fork'), 'it stays in the foreground');
  t.ok(args.includes(`--use-file=${join(runtimeDir, 'keepalived.conf')}`));
  t.match(readFileSync(join(runtimeDir, 'keepalived.conf'), 'utf8'), /priority 98$/m);
  // What a kill left: the next start must not take it for a process that runs.
  const pidFile = join(runtimeDir, 'vrrp.pid');
  t.ok(args.includes(`--vrrp_pid=${pidFile}`));
  writeFileSync(pidFile, '1');
  keepalived(100).command(context);
  t.notOk(existsSync(pidFile));
  t.end();
});

await t.test('without keepalived the package is named', async (t) => {
  const before = process.env['PATH'];
  process.env['PATH'] = t.testdir();
  t.teardown(() => {
    process.env['PATH'] = before;
  });
  await t.rejects(keepalived(1000).version(), { message: /install the package keepalived/ });
});
