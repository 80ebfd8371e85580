// A planned move, as an operator asks for it on the command line: another host holds and answers.
import t from 'tap';
import { Lab } from '../../src/lab/lab.ts';
import type { LabHost } from '../../src/lab/host.ts';
import { inNamespace } from '../fixtures/namespace.ts';
import { Program } from '../fixtures/program.ts';

/** A planned move leaves nobody for less than this (issue 6 asks for a measured one). */
const OUTAGE_MS = 500;
const signal = AbortSignal.timeout(120_000);

async function ask(host: Pick<LabHost, 'namespace' | 'runtimeDir'>, args: readonly string[]) {
  const all = [...args, '--runtime-dir', host.runtimeDir];
  const program = new Program(all, { namespace: host.namespace });
  const { code } = await program.end();
  return { code, stdout: program.stdout, stderr: program.stderr };
}

await inNamespace(t, import.meta.url, async () => {
  await using lab = await Lab.create({ nodes: 3 });
  await lab.start(signal);
  const holder = await lab.settled(signal);
  const [one, two] = lab.hosts.filter((host) => host !== holder);
  if (one === undefined || two === undefined) throw new Error('a lab of three');
  const candidates = async (): Promise<number> => {
    const { stdout } = await ask(holder, [
      'status',
      '--json',
      '--etcd',
      lab.etcd[0]?.clientUrl ?? '',
    ]);
    const view = JSON.parse(stdout) as { groups: { candidates: unknown[] }[] };
    return view.groups[0]?.candidates.length ?? 0;
  };
  while ((await candidates()) < 3) await lab.clock.sleep(100, signal);

  await t.test('refused, with nothing changed: each says why, and who could', async (t) => {
    const named = await ask(holder, ['handover', '--to', 'n9']);
    t.equal(named.code, 1);
    t.match(named.stderr, /n9 is no candidate of default; candidates: \S+ \(healthy\), \S+ \(he/);
    const elsewhere = await ask(one, ['handover']);
    t.equal(elsewhere.code, 1);
    t.match(
      elsewhere.stderr,
      `default is not held by ${one.name}; ${holder.name} holds it: run this command there`,
    );
    const group = await ask(holder, ['handover', '--group', 'db']);
    t.match(group.stderr, `${holder.name} has no group db; it has default`);
    const nobody = await ask({ namespace: holder.namespace, runtimeDir: '/run/nothing' }, [
      'handover',
    ]);
    t.equal(nobody.code, 1);
    t.match(nobody.stderr, /no vip-elector runs here \(nobody listens at \/run\/nothing\/control/);
    t.equal((await lab.settled(signal)).name, holder.name);
  });

  await t.test('to a named node, past one that waits longer; the outage is measured', async (t) => {
    for (const target of [two, one, holder]) {
      const from = await lab.settled(signal);
      const { code, stdout, stderr } = await ask(from, ['handover', '--to', target.name, '--json']);
      t.equal(code, 0, stderr);
      const report = JSON.parse(stdout) as { to: string; outageMs: number };
      t.match(report, { group: 'default', from: from.name, to: target.name });
      t.ok(report.outageMs > 0 && report.outageMs < OUTAGE_MS, `${report.outageMs} ms`);
      t.equal((await lab.settled(signal)).name, target.name);
      while ((await candidates()) < 3) await lab.clock.sleep(50, signal);
    }
    const records = await holder.daemonRecords();
    t.ok(records.some(({ msg, reason }) => msg === 'transition' && reason === 'handover'));
  });

  await t.test('drained: another holds, and this one keeps out over a restart', async (t) => {
    const from = await lab.settled(signal);
    const drained = await ask(from, ['drain']);
    t.equal(drained.code, 0, drained.stderr);
    t.equal(drained.stdout.split(',')[0], `${from.name} is drained: it gave up default`);
    while ([undefined, from].includes(lab.holder())) await lab.clock.sleep(20, signal);
    await from.killDaemon();
    await from.startDaemon();
    const said = async (): Promise<boolean> => {
      const status = await ask(from, ['handover']);
      return status.stderr.includes('it is faulted here') || status.stderr.includes(' holds it');
    };
    while (!(await said())) await lab.clock.sleep(100, signal);
    t.equal(await candidates(), 2);
    const undrained = await ask(from, ['undrain']);
    t.equal(undrained.code, 0, undrained.stderr);
    while ((await candidates()) < 3) await lab.clock.sleep(50, signal);
  });
});
