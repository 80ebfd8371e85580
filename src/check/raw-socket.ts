import { requireRawSocket } from '../announce/neighbour-sender.ts';
import { describe } from '../errors.ts';
import { fail, ok, type Finding } from './finding.ts';

/** Whether IPv6 VIPs can be announced. @param require for tests */
export function judgeRawSocket(require: () => unknown = requireRawSocket): Finding {
  try {
    require();
    return ok('raw-socket', 'the npm package is there: IPv6 VIPs can be announced');
  } catch (error) {
    const [what, remedy = ''] = describe(error).split('): ');
    return fail('raw-socket', `${what})`, remedy);
  }
}
