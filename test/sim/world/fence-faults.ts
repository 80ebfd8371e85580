import { NOTHING_LEFT, type Begin, type FaultKind } from './fault.ts';

/** What befalls the millisecond fence of one host. */
export const FENCE_FAULTS = {
  'pause-at-open': ({ scheduler }, host, { forMs }) => {
    let paused = host.process;
    host.kernel.onOpen = () => {
      host.kernel.onOpen = () => undefined;
      paused = host.process;
      paused?.pause();
      scheduler.after(forMs, () => host.goOnProcess(paused));
    };
    return () => {
      host.kernel.onOpen = () => undefined;
      host.goOnProcess(paused);
    };
  },
  'pause-at-frame': ({ scheduler }, host, { forMs }) => {
    host.onFrame = (leave) => {
      host.onFrame = () => undefined;
      const paused = host.process;
      paused?.pause();
      // Its next step, when it goes on, is to send.
      host.heldFrame = leave;
      scheduler.after(forMs, () => host.goOnProcess(paused));
    };
    return () => {
      host.onFrame = () => undefined;
    };
  },
  'tables-flushed': (_world, { kernel }) => {
    kernel.tables.flush();
    return NOTHING_LEFT;
  },
} satisfies Partial<Record<FaultKind, Begin>>;
