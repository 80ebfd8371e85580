import { availableParallelism, cpus, release } from 'node:os';

/** Where and when: the one line of the page that differs whatever is measured. */
export function setting(now: Date): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const cores = availableParallelism();
  const node = process.versions.node;
  const day = now.toISOString().slice(0, 10);
  return `${model}, ${cores} ${cores === 1 ? 'core' : 'cores'}, Linux ${release()}, Node.js ${node}, ${day}`;
}
