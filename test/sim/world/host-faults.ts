import { NOTHING_LEFT, type Begin, type FaultKind } from './fault.ts';
import { recordsIn } from './writes.ts';

/** What befalls one host: its process, its machine, its kernel. */
export const HOST_FAULTS = {
  'process-pause': (_world, host) => {
    const { process } = host;
    process?.pause();
    return () => host.goOnProcess(process);
  },
  'pause-at-assign': ({ scheduler }, host, { forMs }) => {
    let paused = host.process;
    host.kernel.onAssign = () => {
      host.kernel.onAssign = () => undefined;
      paused = host.process;
      paused?.pause();
      scheduler.after(forMs, () => host.goOnProcess(paused));
    };
    return () => {
      host.kernel.onAssign = () => undefined;
      host.goOnProcess(paused);
    };
  },
  'pause-to-deposing': ({ hosts }, host) => {
    // Until somebody has sent a deposing: what this process then sends may arrive before it.
    const { process } = host;
    process?.pause();
    for (const { rights } of hosts) {
      const { onSent } = rights;
      rights.onSent = (txn) => {
        onSent(txn);
        if (recordsIn(txn).some(({ state }) => state === 'deposed')) host.goOnProcess(process);
      };
    }
    return () => host.goOnProcess(process);
  },
  'process-kill': (_world, host) => {
    host.kill();
    return () => host.start();
  },
  'state-lost': (_world, host) => {
    host.kill();
    host.disk.saved = undefined;
    host.disk.copied = undefined;
    return () => host.start();
  },
  stop: (_world, host) => {
    host.stop();
    return () => {
      // What has not ended by now the supervisor kills.
      host.kill();
      host.start();
    };
  },
  'disk-full': (_world, { disk }) => {
    disk.refuses = true;
    return () => {
      disk.refuses = false;
    };
  },
  'wall-clock-jump': (_world, { process }, { choice }) => {
    process?.jumpWall((choice - 0.5) * 7_200_000);
    return NOTHING_LEFT;
  },
  'vm-pause': (_world, host) => {
    host.stand('vm-pause');
    return () => host.goOn();
  },
  suspend: (_world, host) => {
    host.stand('suspend');
    return () => host.goOn();
  },
  'power-cut': (_world, host) => {
    host.cutPower();
    return () => host.powerOn();
  },
  'carrier-lost': (_world, { machine, kernel }) => {
    if (machine.powered) kernel.setCarrier(false);
    return () => kernel.setCarrier(true);
  },
  'lan-cut': ({ lan }, { name }, { choice }) => {
    lan.cut(name, choice < 0.5 ? 'both' : choice < 0.75 ? 'hears' : 'says');
    return () => lan.heal(name);
  },
  'kernel-trouble': (_world, { kernel }, { choice }) => {
    kernel.trouble = choice < 0.34 ? 'refuses' : choice < 0.67 ? 'ignores' : 'loses-answers';
    return () => {
      kernel.trouble = undefined;
    };
  },
  'address-deleted': (_world, { kernel }) => {
    kernel.deleteOne();
    return NOTHING_LEFT;
  },
} satisfies Partial<Record<FaultKind, Begin>>;
