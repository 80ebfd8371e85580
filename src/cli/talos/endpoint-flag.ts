import type { Parsed } from '../../config/parsed.ts';
import { refused } from '../../config/parsed.ts';
import { endpointUrl, parseCustomEndpoint } from '../../talos/endpoint/custom.ts';

/** `https://lb:6443`, as it is written into a configuration: scheme and port are always there. */
export function parseEndpointUrl(text: string): Parsed<string> {
  const outcome = parseCustomEndpoint(text);
  return refused(outcome) ? outcome : { value: endpointUrl(outcome.value) };
}
