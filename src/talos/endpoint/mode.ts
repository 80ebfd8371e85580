import { didYouMean } from '../../config/did-you-mean.ts';
import type { Parsed } from '../../config/parsed.ts';

/**
 * How the endpoint of the control plane is found: `none`, the first control plane's own address;
 * `networkconfiguration`, a load balancer's, got through a ControlPlaneVirtualSharedIP resource;
 * `talosvip`, a VIP that Talos moves itself; `custom`, whatever the operator names.
 */
export const ENDPOINT_MODES = ['none', 'networkconfiguration', 'talosvip', 'custom'] as const;
export type EndpointMode = (typeof ENDPOINT_MODES)[number];

/** The talos-operator's default. */
export const DEFAULT_MODE: EndpointMode = 'networkconfiguration';

/** Reads a mode strictly: spelt exactly as it is. */
export function parseMode(text: string): Parsed<EndpointMode> {
  const known = ENDPOINT_MODES.find((mode) => mode === text);
  if (known !== undefined) return { value: known };
  const folded = ENDPOINT_MODES.find((mode) => mode === text.trim().toLowerCase());
  const remedy = folded === undefined ? didYouMean(text, ENDPOINT_MODES) : `write ${folded}`;
  return { problem: 'is no endpoint mode', remedy };
}

/** A mode, and what had to be overlooked to read it. */
export interface LenientMode {
  readonly mode: EndpointMode;
  readonly warning?: string;
}

/** Reads a mode as the talos-operator does: what it does not know is its default, with a warning. */
export function parseModeLeniently(text: string): LenientMode {
  const known = ENDPOINT_MODES.find((mode) => mode === text);
  if (known !== undefined) return { mode: known };
  const warning = `Invalid endpoint mode '${text}', falling back to default '${DEFAULT_MODE}'`;
  return { mode: DEFAULT_MODE, warning };
}
