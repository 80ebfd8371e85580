import { readdirSync, readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { fail, ok, warn, type Finding } from './finding.ts';

/** What of a host a long-lived daemon rests on. */
export interface HostSeen {
  /** Name of the kernel's clock source; undefined: not told. */
  readonly clockSource: string | undefined;
  /** Open files that this process may have; undefined: no limit. */
  readonly openFiles: number | undefined;
  /** Memory limit of the control group, in bytes; undefined: none. */
  readonly memoryBytes: number | undefined;
  /** Room in the directories where the daemon writes: bytes and files that are free. */
  readonly rooms: readonly {
    readonly path: string;
    readonly bytes: number;
    readonly files: number;
  }[];
  /** Other programs that give out virtual addresses: name and process, or the file that names the VIP. */
  readonly rivals: readonly Rival[];
}

export interface Rival {
  readonly program: string;
  /** `process 123`, or the path of a file. */
  readonly where: string;
  /** Addresses of ours that the file names; none: it runs, of what for nothing is known. */
  readonly vips: readonly string[];
}

/** They cost much to read, or stand still: kernel documentation, timers/timekeeping. */
const POOR_CLOCKS = ['hpet', 'acpi_pm', 'jiffies', 'refined-jiffies', 'pit'];
/** 64 connections to read about the daemon, etcd's, sockets, files, and reserve. */
const OPEN_FILES_MIN = 256;
/** Of a holder with its pages of node: docs/bench.md shows some 80 MiB. */
const MEMORY_MIN_BYTES = 128 * 1024 ** 2;
/** The state file is some KiB, written beside the old one. */
const ROOM_MIN_BYTES = 1024 ** 2;
const ROOM_LOW_BYTES = 16 * 1024 ** 2;

/** Judges clock, limits, room and rivals. */
export function judgeHost(seen: HostSeen): Finding[] {
  return [judgeClock(seen), judgeLimits(seen), ...seen.rooms.map(judgeRoom), ...judgeRivals(seen)];
}

function judgeClock({ clockSource }: HostSeen): Finding {
  const name = 'clock source';
  if (clockSource === undefined) {
    return warn(name, 'the kernel does not tell it', 'mount /sys, as the host has it');
  }
  if (!POOR_CLOCKS.includes(clockSource)) return ok(name, clockSource);
  return warn(
    name,
    `${clockSource} is slow or coarse: every look at the clock costs time that a hold needs`,
    'see why the kernel gave up a better one (dmesg | grep -i clocksource)',
  );
}

function judgeLimits({ openFiles, memoryBytes }: HostSeen): Finding {
  const name = 'limits';
  if (openFiles !== undefined && openFiles < OPEN_FILES_MIN) {
    const detail = `${openFiles} open files are too few: ${OPEN_FILES_MIN} may be needed`;
    return fail(name, detail, 'LimitNOFILE= in the unit, ulimit -n in a shell');
  }
  if (memoryBytes !== undefined && memoryBytes < MEMORY_MIN_BYTES) {
    return warn(
      name,
      `memory is limited to ${Math.floor(memoryBytes / 1024 ** 2)} MiB: a holder has some 80, more at its start`,
      'at least 128 MiB (MemoryMax=, or the limit of the container)',
    );
  }
  const memory = memoryBytes === undefined ? 'not limited' : `${memoryBytes / 1024 ** 2} MiB`;
  return ok(name, `${openFiles ?? 'unlimited'} open files, memory ${memory}`);
}

function judgeRoom({ path, bytes, files }: HostSeen['rooms'][number]): Finding {
  const name = `room in ${path}`;
  const detail = `${Math.floor(bytes / 1024 ** 2)} MiB are free`;
  const remedy = 'make room: without its state file the daemon takes nothing';
  if (files === 0) return fail(name, 'no file more can be made (no free inode)', remedy);
  if (bytes < ROOM_MIN_BYTES) return fail(name, detail, remedy);
  return bytes < ROOM_LOW_BYTES ? warn(name, detail, remedy) : ok(name, detail);
}

function judgeRivals({ rivals }: HostSeen): Finding[] {
  const name = 'other software';
  if (rivals.length === 0) return [ok(name, 'none that gives out virtual addresses is to be seen')];
  return rivals.map(({ program, where, vips }) =>
    vips.length > 0
      ? fail(
          name,
          `${program} is told to hold ${vips.join(', ')} (${where}): two programs, two holders`,
          'take the address out of its configuration, or stop and disable it',
        )
      : warn(
          name,
          `${program} runs here (${where})`,
          'see that it has no address of ours; stop and disable it when it is not needed',
        ),
  );
}

/** First 15 characters of the name of a process (proc(5), comm). */
const PROGRAMS: Readonly<Record<string, string>> = {
  'kube-vip': 'kube-vip',
  keepalived: 'keepalived',
  ucarp: 'ucarp',
  'vip-manager': 'vip-manager',
  heartbeat: 'heartbeat',
  corosync: 'corosync (pacemaker)',
  speaker: 'MetalLB',
};
/** Where they are told of addresses. */
const FILES = [
  { program: 'keepalived', at: '/etc/keepalived', pattern: /virtual_ipaddress/ },
  { program: 'kube-vip', at: '/etc/kubernetes/manifests', pattern: /kube-vip/ },
] as const;
const MAX_FILE_BYTES = 1024 * 1024;

/**
 * Looks for programs that could give out the same addresses.
 * @param root in front of every path, for tests
 */
export function seeRivals(vips: readonly string[], root = '/'): Rival[] {
  const files = FILES.flatMap(({ program, at, pattern }) =>
    readable(join(root, at)).flatMap((path) => {
      const text = textOf(path);
      if (text === undefined || !pattern.test(text)) return [];
      const words = new Set(text.split(/[^0-9a-fA-F.:]+/));
      const named = vips.filter((vip) => words.has(vip));
      return named.length === 0 ? [] : [{ program, where: path, vips: named }];
    }),
  );
  const running = readable(join(root, 'proc')).flatMap((path) => {
    const pid = /\/(\d+)$/.exec(path)?.[1];
    const program = pid && PROGRAMS[textOf(join(path, 'comm'))?.trim() ?? ''];
    return program ? [{ program, where: `process ${pid}`, vips: [] }] : [];
  });
  // One line each, however many processes it has.
  const once = new Map(running.map((each) => [each.program, each]));
  return [...files, ...once.values()];
}

/** Looks at this host. */
export function seeHost(vips: readonly string[], directories: readonly string[]): HostSeen {
  const clockAt = '/sys/devices/system/clocksource/clocksource0/current_clocksource';
  const limit = /^Max open files\s+(\S+)/m.exec(textOf('/proc/self/limits') ?? '')?.[1];
  const group = /^0::(\/.*)$/m.exec(textOf('/proc/self/cgroup') ?? '')?.[1] ?? '/';
  const memory = Number(textOf(join('/sys/fs/cgroup', group, 'memory.max')));
  return {
    clockSource: textOf(clockAt)?.trim(),
    openFiles: limit === undefined || limit === 'unlimited' ? undefined : Number(limit),
    memoryBytes: Number.isFinite(memory) && memory > 0 ? memory : undefined,
    rooms: directories.map((path) => {
      const { bavail, bsize, ffree, files } = statfsSync(path);
      // Where a file system does not count its files, it says 0 of 0.
      return { path, bytes: bavail * bsize, files: files === 0 ? Infinity : ffree };
    }),
    rivals: seeRivals(vips),
  };
}

function readable(directory: string): string[] {
  try {
    return readdirSync(directory).map((name) => join(directory, name));
  } catch {
    return []; // It is not there, or not for us: then nothing is to be seen in it.
  }
}

function textOf(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    return text.length > MAX_FILE_BYTES ? undefined : text;
  } catch {
    return undefined; // Gone meanwhile, a directory, or not for us.
  }
}
