import type { Route } from '../etcd/route.ts';
import type { Begin, FaultKind } from './fault.ts';

/** A fault of one host's way to etcd, which ends with all that is wrong with it. */
function onRoute(worsen: (route: Route, choice: number) => void): Begin {
  return ({ watches }, { route }, { choice }) => {
    worsen(route, choice);
    return () => {
      // A watch that heard nothing meanwhile is found to be dead.
      if (route.isCut) watches.breakOf(route);
      route.heal();
    };
  };
}

export const ROUTE_FAULTS = {
  'route-cut': onRoute((route, choice) => {
    route.requestsCut = choice < 0.66;
    route.repliesCut = choice > 0.33;
  }),
  'route-lossy': onRoute((route, choice) => {
    route.loss = choice * 0.4;
    route.replyLoss = (1 - choice) * 0.4;
    route.late = 0.3;
    route.twice = 0.3;
    route.failure = 0.2;
  }),
  'route-slow': onRoute((route, choice) => {
    route.slowMs = choice * 900;
  }),
  'reads-cut': onRoute((route, choice) => {
    route.readsCut = true;
    // Without the watch's news too, or with them.
    route.watchIsStuck = choice < 0.7;
  }),
  'read-replies-slow': onRoute((route, choice) => {
    route.readReplyMs = choice * 750;
  }),
  'keep-alives-cut': onRoute((route) => {
    route.keepAlivesCut = true;
  }),
  'watch-stuck': onRoute((route) => {
    route.watchIsStuck = true;
  }),
  'watch-gaps': onRoute((route, choice) => {
    route.watchGaps = 0.2 + choice * 0.8;
  }),
} satisfies Partial<Record<FaultKind, Begin>>;
