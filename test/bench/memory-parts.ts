/** What the resident memory of a process is made of, as the kernel lists it (proc_pid_smaps(5)). */
import { readdir, readFile } from 'node:fs/promises';

/** In MiB of resident memory. */
export interface MemoryParts {
  readonly total: number;
  /** Pages of the file `node`: its code and constants, shared with every other Node. */
  readonly node: number;
  /** Pages of other files: the C libraries, native parts of packages. */
  readonly libraries: number;
  /** What JavaScript code was compiled to. */
  readonly code: number;
  /** The C library's heaps: the main one and those of further threads. */
  readonly malloc: number;
  readonly stacks: number;
  /** All else, nearly all of it V8's heap. */
  readonly heap: number;
}

/** What a process holds of the machine. */
export interface Held {
  readonly memory: MemoryParts;
  readonly descriptors: number;
  readonly threads: number;
}

interface Mapping {
  readonly from: number;
  readonly to: number;
  readonly mode: string;
  readonly name: string;
  residentKib: number;
}

const HEADER = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \d+\s*(.*)$/;
/** glibc begins each further heap at a multiple of this and reserves as much (malloc/arena.c). */
const ARENA_BYTES = 64 << 20;

/** @throws ENOENT when there is no such process */
export async function heldBy(pid: number): Promise<Held> {
  const [smaps, descriptors, threads] = await Promise.all([
    readFile(`/proc/${pid}/smaps`, 'utf8'),
    readdir(`/proc/${pid}/fd`),
    readdir(`/proc/${pid}/task`),
  ]);
  return {
    memory: partsOf(smaps),
    descriptors: descriptors.length,
    threads: threads.length,
  };
}

function partsOf(smaps: string): MemoryParts {
  const parts = { node: 0, libraries: 0, code: 0, malloc: 0, stacks: 0, heap: 0 };
  const mappings = mappingsOf(smaps);
  for (const [index, mapping] of mappings.entries()) {
    const part = partOf(mapping, mappings[index - 1], mappings[index + 1]);
    parts[part] += mapping.residentKib / 1024;
  }
  return { total: Object.values(parts).reduce((sum, each) => sum + each, 0), ...parts };
}

function mappingsOf(smaps: string): Mapping[] {
  const mappings: Mapping[] = [];
  for (const line of smaps.split('\n')) {
    const [, from = '', to = '', mode = '', name = ''] = HEADER.exec(line) ?? [];
    if (from !== '') {
      const [first, end] = [Number.parseInt(from, 16), Number.parseInt(to, 16)];
      mappings.push({ from: first, to: end, mode, name, residentKib: 0 });
      continue;
    }
    const last = mappings.at(-1);
    if (last !== undefined && line.startsWith('Rss:')) last.residentKib = Number(/\d+/.exec(line));
  }
  return mappings;
}

function partOf(
  { from, to, mode, name }: Mapping,
  before: Mapping | undefined,
  next: Mapping | undefined,
): Exclude<keyof MemoryParts, 'total'> {
  if (name.startsWith('/')) return name.endsWith('/node') ? 'node' : 'libraries';
  if (name === '[heap]') return 'malloc';
  if (name === '[stack]') return 'stacks';
  if (mode.includes('x')) return 'code';
  // An arena is what is used of a reservation, the rest of which nobody may touch.
  const reserved = next !== undefined && next.from === to && next.mode.startsWith('---');
  if (from % ARENA_BYTES === 0 && reserved) return 'malloc';
  // A thread's stack lies behind a page that catches its overflow.
  const guarded = before !== undefined && before.to === from && before.mode.startsWith('---');
  return guarded ? 'stacks' : 'heap';
}

/** As one line, in MiB. */
export function shown({ memory, descriptors, threads }: Held): string {
  const parts = Object.entries(memory).map(([name, mib]) => `${name} ${Number(mib).toFixed(2)}`);
  return [...parts, `descriptors ${descriptors}`, `threads ${threads}`].join('  ');
}
