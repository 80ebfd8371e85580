/** One that a package is made for. */
export interface Architecture {
  /** Debian's name. */
  readonly debian: string;
  /** Node's and npm's. */
  readonly node: string;
  /** SHA-512 of the npm package `node-linux-…` of `NODE_VERSION`, as npm writes it. */
  readonly nodeIntegrity: string;
}

/** The Node.js in the packages: the long-term release "Krypton", maintained until April 2028. */
export const NODE_VERSION = '24.22.3';

export const ARCHITECTURES: readonly Architecture[] = [
  {
    debian: 'amd64',
    node: 'x64',
    nodeIntegrity:
      'sha512-KHsob+Fv9YerATvYujMbiyJqnRCvLtrcr/eTNqRqiOSGp97EOiRP1yP47+knGgQ/xnc3XY8xzkW587dlZzNqRA==',
  },
  {
    debian: 'arm64',
    node: 'arm64',
    nodeIntegrity:
      'sha512-IZx0J52/1NDwAsY2iyWR9nlPIYuYviTWetjj8+ElvYQh2+XRhLfCfkbFEF/2O5vGI2hcUbyPNHV+nz342FbJXw==',
  },
];
