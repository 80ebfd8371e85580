import t from 'tap';
import { requireRawSocket } from '../../src/announce/neighbour-sender.ts';
import { judgeRawSocket } from '../../src/check/raw-socket.ts';

t.match(judgeRawSocket(), { verdict: 'ok', name: 'raw-socket' });
const missing = (): never => {
  throw new Error('no such file');
};
t.match(
  judgeRawSocket(() => requireRawSocket(missing)),
  {
    verdict: 'fail',
    detail: /IPv6 VIP needs .* \(no such file\)$/,
    remedy: /^install a C\+\+ compiler.*npm rebuild raw-socket/,
  },
);
