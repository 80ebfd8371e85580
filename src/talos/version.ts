import type { Parsed } from '../config/parsed.ts';

/** A version of Talos. The patch is missing where only `v1.12` was written. */
export interface TalosVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch?: number;
  /** `rc.1` of `v1.14.0-rc.1`. */
  readonly prerelease?: string;
}

/**
 * How a machine configuration writes its network and its endpoint: A, all in the v1alpha1 document
 * (Talos up to 1.11); B, the network in documents of its own (1.12, 1.13); C, Kubernetes as well
 * (from 1.14). See MultidocNetworkConfigSupported in Talos's pkg/machinery/config/contract.go.
 */
export type Dialect = 'A' | 'B' | 'C';

/** `v1.12.3`, `1.12` or `v1.14.0-rc.1`. */
export function parseTalosVersion(text: string): Parsed<TalosVersion> {
  const [, major, minor, patch, prerelease] =
    /^v?(\d{1,3})\.(\d{1,3})(?:\.(\d{1,4})(?:-([0-9A-Za-z.-]+))?)?$/.exec(text) ?? [];
  if (major === undefined || Number(major) !== 1) {
    return { problem: 'is no version of Talos', remedy: 'write one like v1.12.3 or v1.12' };
  }
  return {
    value: {
      major: Number(major),
      minor: Number(minor),
      ...(patch !== undefined && { patch: Number(patch) }),
      ...(prerelease !== undefined && { prerelease }),
    },
  };
}

/** `v1.12.3`. */
export function formatTalosVersion({ major, minor, patch, prerelease }: TalosVersion): string {
  const last = patch === undefined ? '' : `.${patch}`;
  return `v${major}.${minor}${last}${prerelease === undefined ? '' : `-${prerelease}`}`;
}

/** The dialect in which `talosctl gen config` of this version writes. */
export function dialectOfVersion({ minor }: TalosVersion): Dialect {
  if (minor <= 11) return 'A';
  return minor <= 13 ? 'B' : 'C';
}
