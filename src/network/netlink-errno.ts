import { getSystemErrorName } from 'node:util';

/** Body of NLMSG_ERROR and of NLMSG_DONE: begins with a negative errno, or 0. */
export function readErrno(data: Uint8Array): number {
  return data.length < 4 ? 0 : new DataView(data.buffer, data.byteOffset).getInt32(0, true);
}

/** The name of a negative errno. */
export function codeOf(errno: number): string {
  try {
    return getSystemErrorName(errno);
  } catch {
    // Not an errno of libuv's table: its number says as much.
    return `errno ${-errno}`;
  }
}
