/**
 * A process in the client host that looks at etcd and, when told, writes to it: what an independent
 * client sees. Talks to `observer-process.ts` over Node's IPC channel.
 */
import { systemClock as clock } from '../clock.ts';
import { describe } from '../errors.ts';
import { enterNetworkNamespace } from '../libc.ts';
import { EtcdGateway } from './etcd-gateway.ts';
import type { ObserverAnswer, ObserverQuestion } from './observer-messages.ts';

const WRITE_EVERY_MS = 50;
/** A write that takes longer counts as not served; the next ones go to other members meanwhile. */
const WRITE_DEADLINE_MS = 1_000;
const WRITER_KEY = '/lab/writer';

let gateway = new EtcdGateway([]);
let members = 0;
let served: number[] = [];
let writing: AbortController | undefined;

/** Writes at a steady pace, to each member in turn, and never waits for the last write. */
async function write(signal: AbortSignal): Promise<void> {
  for (let sequence = 0; !signal.aborted; sequence += 1) {
    gateway.put(sequence % members, WRITER_KEY, String(sequence), WRITE_DEADLINE_MS).then(
      () => served.push(clock.now()),
      // A gap between the times of those that were served says it all.
      () => undefined,
    );
    await clock.sleep(WRITE_EVERY_MS);
  }
}

function startWriting(): void {
  served = [];
  writing?.abort();
  writing = new AbortController();
  write(writing.signal).catch(fail);
}

function enter(namespace: string, endpoints: readonly string[]): void {
  enterNetworkNamespace(`/run/netns/${namespace}`);
  gateway = new EtcdGateway(endpoints);
  members = endpoints.length;
}

async function answer(question: ObserverQuestion): Promise<unknown> {
  switch (question.ask) {
    case 'start':
      enter(question.namespace, question.endpoints);
      return null;
    case 'entries':
      return gateway.entries(question.prefix, question.deadlineMs);
    case 'call':
      return gateway.call(question.member, question.path, question.body, question.deadlineMs);
    case 'leader':
      return (await gateway.leader(question.deadlineMs)) ?? null;
    case 'counters':
      return gateway.counters(question.deadlineMs);
    case 'move-leader':
      await gateway.moveLeader(question.to, question.deadlineMs);
      return null;
    case 'write':
      startWriting();
      return null;
    case 'written':
      break;
  }
  writing?.abort();
  return served;
}

function fail(error: unknown): void {
  process.stderr.write(`lab observer: ${describe(error)}\n`);
  process.exit(1);
}

function reply(message: ObserverAnswer): void {
  if (process.connected) process.send?.(message);
}

process.on('message', (message) => {
  const { id, question } = message as { id: number; question: ObserverQuestion };
  answer(question).then(
    (value) => reply({ id, value }),
    (error: unknown) => reply({ id, err: describe(error) }),
  );
});
process.once('disconnect', () => process.exit());
// Ctrl-C reaches the whole group; the lab decides when we end.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
