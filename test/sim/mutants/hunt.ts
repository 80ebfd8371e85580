import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runSchedule, type Outcome } from '../world/run.ts';
import { quiet } from '../world/quiet.ts';
import { scheduleOf } from '../world/schedule.ts';
import { LOADER, work } from '../soak/soak.ts';
import type { Failure } from '../soak/summary.ts';
import type { Mutant } from './mutant.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** A test of the code itself that has not ended by then has failed. */
const TEST_WITHIN_MS = 60_000;

/**
 * Puts a mutant into the source and runs the schedules that have to show it, in a worker process,
 * until one does.
 * @returns the violation; undefined when the mutant has survived
 */
export async function hunt({
  name,
  within = 1,
  focus,
  directed,
}: Mutant): Promise<Failure | undefined> {
  const { failures } = await work(
    {
      first: 1,
      end: 1 + within,
      step: 1,
      untilFound: true,
      ...(focus !== undefined && { focus }),
      ...(directed !== undefined && { directed }),
    },
    name,
  );
  return failures[0];
}

/** The same schedule on the code as it is: what shows a mutant must not be there without it. */
export function withoutMutant({ focus, directed }: Mutant, seed: number): Promise<Outcome> {
  return runSchedule(directed === undefined ? scheduleOf(seed, focus) : quiet(directed));
}

/** @returns whether the test fails with the mutant in the source, by an assertion of its own */
export function failsWith({ name }: Mutant, test: string): Promise<boolean> {
  // Files of its own: the same test may run beside it, with another mutant or none.
  const root = mkdtempSync(join(tmpdir(), 'vip-elector-mutant-'));
  const child = spawn(process.execPath, ['--no-warnings', '--import', LOADER, test], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], SIM_MUTANT: name, TAP_CWD: root },
    // What a mutant breaks is told at length on standard error.
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: TEST_WITHIN_MS,
    killSignal: 'SIGKILL',
  });
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      rmSync(root, { recursive: true, force: true });
      resolve(code !== 0 && /^ *not ok/m.test(said));
    });
  });
}
