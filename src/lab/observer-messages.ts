/** What the lab asks the observer's process. Deadlines are those of each single call to etcd. */
export type ObserverQuestion =
  | { ask: 'start'; namespace: string; endpoints: readonly string[] }
  | { ask: 'entries'; prefix: string; deadlineMs: number }
  /** Any call of the gateway, by way of one member. */
  | { ask: 'call'; member: number; path: string; body: object; deadlineMs: number }
  | { ask: 'leader'; deadlineMs: number }
  | { ask: 'counters'; deadlineMs: number }
  | { ask: 'move-leader'; to: number; deadlineMs: number }
  /** Begin to write at a steady pace. */
  | { ask: 'write' }
  /** Stop writing, and say when each write was confirmed. */
  | { ask: 'written' };

export interface ObserverAnswer {
  readonly id: number;
  readonly value?: unknown;
  readonly err?: string;
}
