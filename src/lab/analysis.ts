import type { Claim, Isolation, ProbeTrack, Recording, Span } from './recording.ts';
import { covers, overlapMs } from './spans.ts';

/**
 * What a recording says: how long the client was without the VIP, who held it, and whether two
 * did. Pure functions.
 */

/** A time without an answer. */
export interface Outage extends Span {
  readonly vip: string;
  /** How many probes nobody answered. */
  readonly lost: number;
}

/** The last probes of a recording may still be on their way: an answer takes 0.03 ms, at most 25. */
const IN_FLIGHT_MS = 25;
/**
 * A station answers every probe while it holds, so so many unanswered in a row end its hold. Not one:
 * a single lost answer must not hide that two stations take turns.
 */
const MISSES_END_A_HOLD = 3;

/** A single frame has no length; while another holds, it must count all the same. */
const FRAME_MS = 0.01;

/**
 * The spans without an answer: from the sending of the first unanswered probe to the sending of the
 * first answered one after it, or to the end of the recording. So a probe sent late, by a prober
 * that was kept off the CPU, is no outage; `resolutionMs` tells what could have been missed.
 */
export function outages(track: ProbeTrack, endedAt: number): Outage[] {
  const answered = new Set(track.answers.map(({ probe }) => probe));
  const result: Outage[] = [];
  let first: number | undefined;
  for (const [probe, sentAt] of track.sentAt.entries()) {
    if (!answered.has(probe)) {
      if (sentAt <= endedAt - IN_FLIGHT_MS) first ??= probe;
      continue;
    }
    if (first === undefined) continue;
    result.push({ vip: track.vip, from: track.sentAt[first]!, to: sentAt, lost: probe - first });
    first = undefined;
  }
  if (first !== undefined) {
    const lost = track.sentAt.length - first;
    result.push({ vip: track.vip, from: track.sentAt[first]!, to: endedAt, lost });
  }
  return result;
}

/** The longest time between two probes: a shorter outage may have gone unseen. */
export function resolutionMs(track: ProbeTrack): number {
  return track.sentAt.reduce((longest, sentAt, probe) => {
    const before = track.sentAt[probe - 1] ?? sentAt;
    return Math.max(longest, sentAt - before);
  }, 0);
}

/**
 * When each station held a VIP, as the wire shows it: from the question that it answered first to
 * its last answer, with every other frame in which it claimed the VIP. Claims of a host are left
 * out while nobody on the LAN can hear it.
 * @returns by MAC; a MAC that is no host's is a station too
 */
export function holdSpans(
  track: ProbeTrack,
  claims: readonly Claim[],
  isolations: readonly Isolation[],
): Map<string, Span[]> {
  const evidence = new Map<string, Span[]>();
  const add = (mac: string, span: Span): void => {
    const known = evidence.get(mac);
    if (known) known.push(span);
    else evidence.set(mac, [span]);
  };
  for (const { mac, probe, at } of track.answers) {
    add(mac, { from: Math.min(track.sentAt[probe] ?? at, at), to: at });
  }
  for (const { vip, host, mac, at } of claims) {
    const unheard = isolations.filter((isolation) => isolation.host === host);
    if (vip === track.vip && !covers(unheard, at)) add(mac, { from: at, to: at + FRAME_MS });
  }
  return new Map(Array.from(evidence, ([mac, seen]) => [mac, joined(seen, track.sentAt)]));
}

/** Joins what no `MISSES_END_A_HOLD` probes lie between. */
function joined(evidence: readonly Span[], sentAt: readonly number[]): Span[] {
  const result: Span[] = [];
  let probe = 0;
  for (const span of evidence.toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last === undefined) {
      result.push(span);
      continue;
    }
    while (probe < sentAt.length && sentAt[probe]! <= last.to) probe += 1;
    // Probes sent after the last evidence and before this one were not answered by the station.
    const within = (sentAt[probe + MISSES_END_A_HOLD - 1] ?? Infinity) >= span.from;
    if (within) result[result.length - 1] = { from: last.from, to: Math.max(last.to, span.to) };
    else result.push(span);
  }
  return result;
}

/** When a VIP was on a link of each host. */
export function addressSpans(recording: Recording, vip: string): Span[][] {
  return recording.hostMacs.map((_, host) => {
    const since = new Map<string, number>();
    const spans: Span[] = [];
    for (const change of recording.addresses) {
      if (change.host !== host || change.vip !== vip) continue;
      const from = since.get(change.link);
      if (change.present) since.set(change.link, from ?? change.at);
      else if (from !== undefined) {
        spans.push({ from, to: change.at });
        since.delete(change.link);
      }
    }
    for (const from of since.values()) spans.push({ from, to: recording.endedAt });
    return spans;
  });
}

export interface Analysis {
  /** The longest outage of any VIP, 0 when every probe was answered. */
  readonly outageMs: number;
  readonly lostProbes: number;
  readonly outages: readonly Outage[];
  readonly resolutionMs: number;
  /** While two stations held one VIP, as the wire shows it. */
  readonly twoHoldersMs: number;
  /** While one VIP was on links of two hosts, isolated ones included. */
  readonly twoAddressesMs: number;
  /** The host that held before the fault. */
  readonly before: number;
  /** The host that answered last, at the end; absent when nobody did. */
  readonly after?: number;
  /** From the fault until the VIPs were off the old holder's links; absent when they never left. */
  readonly goneMs?: number;
}

export interface Circumstances {
  /** Who held the VIPs when the fault began. */
  readonly before: number;
  /** The fault was being made from `beganAt` to `faultAt`. */
  readonly beganAt: number;
  readonly faultAt: number;
  readonly isolations: readonly Isolation[];
}

export function analyse(recording: Recording, circumstances: Circumstances): Analysis {
  const { before, beganAt, faultAt, isolations } = circumstances;
  const all = recording.probes.flatMap((track) => outages(track, recording.endedAt));
  const held = recording.probes.map((track) => [
    ...holdSpans(track, recording.claims, isolations).values(),
  ]);
  const onLinks = recording.probes.map(({ vip }) => addressSpans(recording, vip));
  const after = recording.probes[0] && lastAnswerer(recording.probes[0], recording);
  const goneAt = Math.max(...onLinks.map((hosts) => leftAt(hosts[before] ?? [], beganAt)));
  return {
    outageMs: Math.max(0, ...all.map(({ from, to }) => to - from)),
    lostProbes: all.reduce((sum, { lost }) => sum + lost, 0),
    outages: all,
    resolutionMs: Math.max(0, ...recording.probes.map(resolutionMs)),
    twoHoldersMs: Math.max(0, ...held.map(overlapMs)),
    twoAddressesMs: Math.max(0, ...onLinks.map(overlapMs)),
    before,
    ...(after !== undefined && { after }),
    ...(goneAt < recording.endedAt && { goneMs: Math.max(0, goneAt - faultAt) }),
  };
}

/** The host whose MAC came with the last answer, when that was at the very end. */
function lastAnswerer(track: ProbeTrack, recording: Recording): number | undefined {
  const last = track.answers.at(-1);
  const late = Math.max(4 * IN_FLIGHT_MS, 2 * resolutionMs(track));
  if (last === undefined || recording.endedAt - last.at > late) return undefined;
  const host = recording.hostMacs.indexOf(last.mac);
  return host === -1 ? undefined : host;
}

/** When the address that was there at a time left; that time when none was. */
function leftAt(spans: readonly Span[], at: number): number {
  return spans.find(({ from, to }) => from <= at && to > at)?.to ?? at;
}
