// Each kind of probe against what it is for: real sockets, certificates and programs.
import { readFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import type { Test } from 'tap';
import t from 'tap';
import { systemClock } from '../../src/clock.ts';
import { execProbe } from '../../src/health/exec-probe.ts';
import { httpProbe } from '../../src/health/http-probe.ts';
import { tcpProbe } from '../../src/health/tcp-probe.ts';
import type { Probe } from '../../src/health/types.ts';
import { CertificateAuthority } from '../fixtures/certificates.ts';

const signal = AbortSignal.timeout(20_000);

/** What is wrong, or `up`. */
async function answer(probe: Probe, by = signal): Promise<string> {
  try {
    await probe.ask(by);
    return 'up';
  } catch (error) {
    return (error as Error).message;
  }
}

async function listening(t: Test, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

await t.test('http: a status below 400; redirections are not followed', async (t) => {
  const server = createHttp((request, response) => {
    response.writeHead(Number(request.url?.slice(1)), { location: '/500' });
    response.end('x'.repeat(100_000));
  });
  const url = `http://127.0.0.1:${await listening(t, server)}`;
  for (const [status, expected] of Object.entries({
    200: 'up',
    302: 'up',
    401: 'status 401',
    503: 'status 503',
  })) {
    t.equal(await answer(httpProbe('web', { url: `${url}/${status}` })), expected);
  }
});

await t.test('http: one that accepts and says nothing is left when its time is over', async (t) => {
  const server = createServer((socket) => socket.resume());
  const url = `http://127.0.0.1:${await listening(t, server)}`;
  t.match(await answer(httpProbe('web', { url }), AbortSignal.timeout(50)), /abort/i);
});

await t.test('https: the CA and the name that is sent count', async (t) => {
  const dir = t.testdir({});
  const authority = new CertificateAuthority(dir, 'ca');
  const other = new CertificateAuthority(dir, 'other');
  const { certFile, keyFile } = authority.issue('api', { names: 'DNS:kubernetes' });
  const names: (string | false | null)[] = [];
  const server = createHttps(
    { cert: readFileSync(certFile), key: readFileSync(keyFile) },
    (request, response) => {
      names.push((request.socket as unknown as { servername: string | false }).servername);
      response.end('ok');
    },
  );
  const url = `https://127.0.0.1:${await listening(t, server)}/livez`;
  const { caFile } = authority;
  t.equal(await answer(httpProbe('k', { url, caFile, serverName: 'kubernetes' })), 'up');
  t.strictSame(names, ['kubernetes']);
  t.match(await answer(httpProbe('k', { url, caFile })), /does not match/);
  const wrong = { url, caFile: other.caFile, serverName: 'kubernetes' };
  t.match(await answer(httpProbe('k', wrong)), /certificate|verify/);
  t.match(await answer(httpProbe('k', { url, caFile: join(dir, 'none') })), /ENOENT/);
});

await t.test('tcp: a connection that is accepted', async (t) => {
  const server = createServer((socket) => socket.destroy());
  const port = await listening(t, server);
  t.equal(await answer(tcpProbe('db', '127.0.0.1', port)), 'up');
  t.match(await answer(tcpProbe('db', '127.0.0.1', 1)), /ECONNREFUSED/);
});

await t.test('exec: a program that exits with 0', async (t) => {
  const program = join(t.testdir({}), 'probe');
  const ask = async (script: string, timeoutMs = 5000): Promise<string> => {
    writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const options = { program, group: 'api', timeoutMs, clock: systemClock };
    return answer(execProbe('exec', options));
  };
  t.equal(await ask('test "$VIP_ELECTOR_GROUP" = api'), 'up');
  t.equal(await ask('echo no disk >&2; exit 3'), 'exited with 3: no disk');
  t.equal(await ask('sleep 9', 100), 'was killed after 100 ms');
});
