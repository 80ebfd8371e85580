/** Readers of single values: text in, value or refusal out. No I/O. */
import { isIPv6 } from 'node:net';
import type { Config } from './types.ts';
import type { Parsed } from './parsed.ts';
import { parseWithin } from './preference.ts';

/** Longest name of a link: IFNAMSIZ (16, linux/if.h) less the terminating zero. */
const LINK_NAME_MAX = 15;
/** Bytes of a unix socket's path: sun_path (108, linux/un.h) less the terminating zero. */
const SOCKET_PATH_MAX = 107;
/** The longest file name put into the runtime directory and bound as a socket. */
const SOCKET_NAME = '/control.sock';
const GROUP_NAME_MAX = 63;
const NODE_NAME_MAX = 128;
/** Well below etcd's limit of a request (1.5 MiB); room for a name and a lease ID behind it. */
const KEY_MAX = 256;

/** Printable ASCII without spaces. */
const PRINTABLE = /^[\x21-\x7e]+$/;

/** Name of a node: printable, without a slash (it is the last part of a key), at most 128 long. */
export function parseNode(text: string): Parsed<string> {
  if (PRINTABLE.test(text) && !text.includes('/') && text.length <= NODE_NAME_MAX) {
    return { value: text };
  }
  return {
    problem: 'is no name of a node',
    remedy: `use at most ${NODE_NAME_MAX} printable ASCII characters without spaces and slashes`,
  };
}

/** Name of a group: `[a-z0-9]([a-z0-9.-]*[a-z0-9])?`, at most 63 long (protocol.md, Keys). */
export function parseGroupName(text: string): Parsed<string> {
  if (/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(text) && text.length <= GROUP_NAME_MAX) {
    return { value: text };
  }
  return {
    problem: 'is no name of a group',
    remedy:
      `use at most ${GROUP_NAME_MAX} lower-case letters, digits, dots and dashes, ` +
      'with a letter or digit at both ends',
  };
}

/** Root of all keys: begins with a slash and does not end with one. */
export function parsePrefix(text: string): Parsed<string> {
  if (!text.startsWith('/')) {
    return { problem: 'does not begin with a slash', remedy: `write /${text}` };
  }
  if (text.endsWith('/')) {
    const trimmed = text.replace(/\/+$/, '');
    const remedy = trimmed === '' ? 'write one like /vip-elector' : `write ${trimmed}`;
    return { problem: 'ends with a slash', remedy };
  }
  return parseKey(text);
}

/** Key of an election as Go's clients are given it: anything printable without a slash at the end. */
export function parseKey(text: string): Parsed<string> {
  if (text.endsWith('/')) {
    return {
      problem: 'ends with a slash',
      remedy: 'leave it out: candidates are put below the key with a slash of their own',
    };
  }
  if (PRINTABLE.test(text) && text.length <= KEY_MAX) return { value: text };
  return {
    problem: 'is no key',
    remedy: `use at most ${KEY_MAX} printable ASCII characters without spaces`,
  };
}

/** Name of a link, as the kernel allows it (dev_valid_name in net/core/dev.c), but not `lo`. */
export function parseLinkName(text: string): Parsed<string> {
  if (text === 'lo') {
    return {
      problem: 'is the loopback, on which no other host can be answered or told of the VIP',
      remedy: 'name the link to the LAN, or auto',
    };
  }
  if (/^[^\s/:]+$/.test(text) && text !== '.' && text !== '..') {
    if (Buffer.byteLength(text) <= LINK_NAME_MAX) return { value: text };
    const remedy = `names of links have at most ${LINK_NAME_MAX} characters: see "ip link"`;
    return { problem: 'is too long for the name of a link', remedy };
  }
  return { problem: 'is no name of a link', remedy: 'write one that "ip link" shows' };
}

/** Absolute path of the runtime directory, short enough for the socket in it. */
export function parseRuntimeDir(text: string): Parsed<string> {
  if (!text.startsWith('/') || text.includes('\0')) {
    return { problem: 'is no absolute path', remedy: 'write one like /run/vip-elector' };
  }
  const value = text.replace(/\/+$/, '');
  if (value === '') {
    return { problem: 'is the root directory', remedy: 'write one like /run/vip-elector' };
  }
  if (Buffer.byteLength(value + SOCKET_NAME) > SOCKET_PATH_MAX) {
    const most = SOCKET_PATH_MAX - SOCKET_NAME.length;
    return {
      problem: 'is too long for the path of a socket',
      remedy: `use at most ${most} bytes`,
    };
  }
  return { value };
}

/**
 * Where to serve HTTP: `host:port`, `:port`, `[::]:port` or `off`.
 * @returns host '' for `:port`: every address of the machine, of both families where it has both
 */
export function parseListen(text: string): Parsed<Config['listen']> {
  if (text === 'off') return { value: 'off' };
  const remedy = 'write one like :2112, 127.0.0.1:2112, [::1]:2112 or off';
  const [, bracketed, plain, digits] =
    /^(?:\[([^\]]*)\]|([^\s:/@[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || (bracketed !== undefined && !isIPv6(bracketed))) {
    return { problem: 'is no address to listen on', remedy };
  }
  const port = Number(digits);
  if (port < 1 || port > 65_535) {
    return { problem: 'names a port outside 1 to 65535', remedy };
  }
  return { value: { host, port } };
}

/**
 * Client URL of an etcd member: http or https, host and port, nothing else.
 * @returns the URL without a slash at its end, scheme and host in lower case
 */
export function parseEndpoint(text: string): Parsed<string> {
  const remedy = 'write one like https://10.0.0.1:2379';
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    const looksBare = /^[\w.-]+(:\d+)?$|^\[[0-9a-f:]+\](:\d+)?$/i.test(text);
    const better = `write https://${text}${/:\d+$/.test(text) ? '' : ':2379'}`;
    return { problem: 'is no URL', remedy: looksBare ? better : remedy };
  }
  if (scheme !== 'http' && scheme !== 'https') {
    return { problem: `has the scheme ${scheme}, not http or https`, remedy };
  }
  const rest = text.slice(scheme.length + 3);
  if (rest.includes('@')) {
    const instead = 'give user and passwordFile instead';
    return { problem: 'contains a user or password', remedy: instead };
  }
  const [, authority, port, tail] = /^(\[[^\]]*\]|[^/?#:]*)(?::(\d*))?(.*)$/.exec(rest) ?? [];
  if (authority === undefined || authority === '') return { problem: 'names no host', remedy };
  if (tail !== '' && tail !== '/') {
    return { problem: 'has something behind its port', remedy };
  }
  if (port === undefined || Number(port) < 1 || Number(port) > 65_535) {
    const problem = port === undefined ? 'names no port' : 'names a port outside 1 to 65535';
    return { problem, remedy: `${remedy}, etcd's own being 2379` };
  }
  const host = URL.canParse(text) ? new URL(text).hostname : '';
  if (host === '') return { problem: 'has a host that is neither a name nor an address', remedy };
  return { value: `${scheme}://${host}:${port}` };
}

/** Absolute path of a program that takes no arguments. */
export function parseProgram(text: string): Parsed<string> {
  if (text.startsWith('/') && !text.includes('\0')) return { value: text };
  return {
    problem: 'is no absolute path',
    remedy: 'name a program without arguments, such as /etc/vip-elector/elected.sh',
  };
}

const HOOK_TIMEOUT_MIN_MS = 100;
const HOOK_TIMEOUT_MAX_MS = 600_000;

/** How long a hook may take: 100 ms to 10 m. @returns milliseconds */
export function parseHookTimeout(text: string): Parsed<number> {
  return parseWithin(text, HOOK_TIMEOUT_MIN_MS, HOOK_TIMEOUT_MAX_MS, ['100ms', '10m']);
}
