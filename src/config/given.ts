import type { ConfigProblem } from '../errors.ts';
import { didYouMean } from './did-you-mean.ts';
import type { Field } from './field.ts';
import { CONFIG_FIELD, envName, FIELDS, KUBE_VIP_FIELD } from './fields.ts';
import { GROUP_FIELDS } from './group-fields.ts';
import { splitCommas } from './parsed.ts';

/** Values by flag name, as yargs gives them: text, true or false, or a list when repeated. */
export type Flags = Readonly<Record<string, unknown>>;
export type Environment = Readonly<Record<string, string | undefined>>;

/** A value from a flag or a variable. */
export interface Given {
  readonly value: string | boolean | readonly string[];
  /** `--vip` or `VIP_ELECTOR_VIP`. */
  readonly label: string;
}

/** The switch of `main.ts` that shows stacks. */
export const DEBUG_VARIABLE = 'VIP_ELECTOR_DEBUG';

/**
 * Kubernetes gives every container variables for every Service of its namespace; those of a Service
 * called `vip-elector` look like ours (Kubernetes documentation, "Environment variables" of Services).
 */
const SERVICE_LINK = /^VIP_ELECTOR_(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_\d+_(TCP|UDP|SCTP).*)?)$/;

const LISTS = new Set(['vip', 'link', 'etcd', 'health']);

/**
 * What the flag of a field, or else its variable, says.
 * @returns the value, the reason why it cannot be one, or undefined when neither is given
 */
export function givenFor(
  field: Field,
  flags: Flags,
  env: Environment,
): Given | ConfigProblem | undefined {
  return fromFlag(field, flags[field.flag]) ?? fromVariable(field, env[envName(field.flag)]);
}

function fromFlag({ flag, takes }: Field, value: unknown): Given | ConfigProblem | undefined {
  if (value === undefined) return undefined;
  const label = `--${flag}`;
  if (takes === 'switch') {
    const last: unknown = Array.isArray(value) ? value.at(-1) : value;
    return { value: last === true, label };
  }
  const texts = Array.isArray(value) ? value : [value];
  if (!texts.every((text) => typeof text === 'string')) {
    const remedy = `give it as ${label} ${takes}`;
    return { field: `--no-${flag}`, problem: 'is no switch that can be negated', remedy };
  }
  if (LISTS.has(flag)) return { value: texts.flatMap(splitCommas), label };
  const [text, ...more] = texts;
  if (text === undefined) return undefined;
  if (more.length === 0) return { value: text, label };
  return { field: label, value: texts, problem: 'is given more than once', remedy: 'give it once' };
}

function fromVariable(
  { flag, takes }: Field,
  text: string | undefined,
): Given | ConfigProblem | undefined {
  if (text === undefined) return undefined;
  const label = envName(flag);
  if (text.trim() === '') {
    return { field: label, problem: 'is set to nothing', remedy: 'unset it, or give a value' };
  }
  if (takes !== 'switch') return { value: LISTS.has(flag) ? splitCommas(text) : text, label };
  if (text === 'true' || text === 'false') return { value: text === 'true', label };
  const remedy = 'write true or false';
  return { field: label, value: text, problem: 'is neither true nor false', remedy };
}

/** Variables that begin like ours and are not: a misspelt one must not be passed over. */
export function unknownVariables(env: Environment): ConfigProblem[] {
  const known = [...FIELDS, ...GROUP_FIELDS, CONFIG_FIELD, KUBE_VIP_FIELD].map(({ flag }) =>
    envName(flag),
  );
  const ours = new Set([...known, DEBUG_VARIABLE]);
  return Object.keys(env)
    .filter((name) => name.startsWith('VIP_ELECTOR_') && env[name] !== undefined)
    .filter((name) => !ours.has(name) && !SERVICE_LINK.test(name))
    .map((name) => ({
      // The value stays unseen: it may be a password under a name of its own making.
      field: name,
      problem: 'is no variable of vip-elector',
      remedy: didYouMean(name, known),
    }));
}
