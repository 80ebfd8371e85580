/** The parts of an endpoint as it is written, right or wrong. */
export interface EndpointParts {
  /** Empty where none is written. */
  readonly scheme: string;
  /** Without brackets. */
  readonly host: string;
  readonly bracketed: boolean;
  /** As written, empty where none is. */
  readonly port: string;
}

/** Takes an endpoint apart. Of several colons without brackets all belong to the host. */
export function partsOf(text: string): EndpointParts {
  const [, scheme = '', rest = text] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(text) ?? [];
  const authority = /^[^/?#]*/.exec(rest)?.[0] ?? '';
  const [, inner, after = ''] = /^\[([^\]]*)\](.*)$/.exec(authority) ?? [];
  if (inner !== undefined) {
    return { scheme, host: inner, bracketed: true, port: after.replace(/^:/, '') };
  }
  if (authority.split(':').length > 2)
    return { scheme, host: authority, bracketed: false, port: '' };
  const [host = '', port = ''] = authority.split(':');
  return { scheme, host, bracketed: false, port };
}

/** What Talos's ValidateEndpointURI says of it (siderolabs/net), or undefined. */
export function endpointUriError(text: string): string | undefined {
  const { host, bracketed, port } = partsOf(text);
  // More than two colons are an IPv6 address, says Talos.
  if (!bracketed && host.split(':').length > 2) {
    return 'IPv6 addresses MUST be enclosed by square brackets';
  }
  // Go takes what has no scheme for a path: then there is no host.
  if (!text.includes('//') || host === '') return 'hostname must not be blank';
  if (port === '') return undefined;
  if (!/^[+-]?\d+$/.test(port)) return 'port number must be numeric';
  const isPort = Number(port) >= 1 && Number(port) <= 65_535;
  return isPort ? undefined : 'port number must be between 1 and 65535';
}
