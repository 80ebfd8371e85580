import type { VipOutputs } from './choice.ts';

export const OUTPUT_FORMATS = ['json', 'tfvars', 'env'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** The three values for a program, for Terraform or for a shell; no VIP is null, or empty in env. */
export function formatOutputs(outputs: VipOutputs, format: OutputFormat): string {
  if (format === 'json') return `${JSON.stringify(outputs, null, 2)}\n`;
  const lines = Object.entries(outputs).map(
    ([name, value]: [string, VipOutputs[keyof VipOutputs]]) =>
      format === 'tfvars'
        ? `${name} = ${JSON.stringify(value)}`
        : `${name.toUpperCase()}=${value === null ? '' : String(value)}`,
  );
  return `${lines.join('\n')}\n`;
}
