import { readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { ConfigError, describe } from '../errors.ts';
import type { ConfigProblem } from '../errors.ts';
import type { Files } from './credentials.ts';
import { checkCredentials } from './credentials.ts';
import { checkPrograms } from './programs.ts';
import { CONFIG_FIELD, FIELDS } from './fields.ts';
import { GROUP_FIELDS } from './group-fields.ts';
import { parseFile } from './file.ts';
import { healthOf } from './health.ts';
import { checkProbeFiles } from './probe-files.ts';
import type { Environment, Flags } from './given.ts';
import { givenFor } from './given.ts';
import { valueAt } from './path.ts';
import { ruleWarnings } from './rules-etcd.ts';
import { checkRules } from './rules.ts';
import type { Draft, GroupDraft } from './schema.ts';
import type { NamedFile } from './sources.ts';
import { Sources } from './sources.ts';
import { timingFor } from './profiles.ts';
import type { Config, EtcdConfig, GroupConfig } from './types.ts';
import type { Finding } from './issues.ts';
import { validate } from './validate.ts';

/** What a configuration is made of. All but flags and environment have the machine's own as default. */
export interface LoadInput extends Partial<Files> {
  readonly flags: Flags;
  readonly env: Environment;
  /** Default name of the node. */
  readonly hostname?: string;
  /** False for commands that only read etcd: the configuration may then have no group. */
  readonly groupsRequired?: boolean;
  /** False for commands that can do without etcd: there may then be no endpoint. */
  readonly etcdRequired?: boolean;
}

/** A validated configuration and how it came about. */
export interface Loaded {
  readonly config: Config;
  /** The merged configuration as it was written, defaults included; it contains no secret. */
  readonly written: unknown;
  /**
   * For each field of the file (`etcd.endpoints`, `groups[0].vips`) where its value was given:
   * `--etcd`, `VIP_ELECTOR_ETCD`, `/etc/vip-elector.yaml:3` or `default`. Fields without a value
   * are not listed.
   */
  readonly sources: Readonly<Record<string, string>>;
  /** What is allowed, and yet should be read by a person. One sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Reads, merges and validates the configuration.
 * @throws ConfigError with all problems at once, each under the name that the operator gave it
 */
export function loadConfig(input: LoadInput): Loaded {
  const files: Files = {
    readFile: input.readFile ?? ((path) => readFileSync(path, 'utf8')),
    fileMode: input.fileMode ?? ((path) => statSync(path).mode),
  };
  const { file, problems } = openFile(input, files);
  const sources = new Sources(input.flags, input.env, file, input.hostname ?? hostname());
  const { draft, findings, refusedAt } = validate(sources.tree);
  const { groupsRequired = true, etcdRequired = true } = input;
  // Without its file the rest of the configuration is missing too: that says nothing new.
  const rules =
    problems.length > 0
      ? []
      : checkRules({
          draft,
          refusedAt: [...sources.refusedAt, ...refusedAt],
          groupsRequired,
          etcdRequired,
        });
  const credentials = checkCredentials(draft, files);
  const programs = checkPrograms(draft, files);
  const probes = checkProbeFiles(draft, files);
  const found = [...findings, ...rules, ...credentials.findings, ...programs, ...probes];
  const all = [
    ...problems,
    ...sources.problems,
    ...found.map((finding) => problemOf(finding, sources)),
  ];
  if (all.length > 0) throw new ConfigError(all);
  return {
    config: configOf(draft),
    written: sources.tree,
    sources: sourcesOf(sources, draft),
    warnings: [...sources.warnings, ...ruleWarnings(draft), ...credentials.warnings],
  };
}

interface OpenedFile {
  readonly file: NamedFile | undefined;
  readonly problems: readonly ConfigProblem[];
}

function openFile({ flags, env }: LoadInput, { readFile }: Files): OpenedFile {
  const given = givenFor(CONFIG_FIELD, flags, env);
  if (given === undefined) return { file: undefined, problems: [] };
  if ('problem' in given) return { file: undefined, problems: [given] };
  const name = String(given.value);
  let text: string;
  try {
    text = readFile(name);
  } catch (error) {
    const remedy = `name a readable file (${describe(error)})`;
    const problem = { field: given.label, value: name, problem: 'cannot be read', remedy };
    return { file: undefined, problems: [problem] };
  }
  const file = parseFile(text, name);
  return 'lineOf' in file
    ? { file: { name, file }, problems: [] }
    : { file: undefined, problems: file };
}

function problemOf({ path, problem, remedy, hidden }: Finding, sources: Sources): ConfigProblem {
  const field = sources.nameOf(path);
  const value = hidden === true ? undefined : shown(valueAt(sources.tree, path));
  return value === undefined ? { field, problem, remedy } : { field, value, problem, remedy };
}

/** A value as it may be shown: without what someone has put before an @ of a URL. */
function shown(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1***@');
  return Array.isArray(value) ? value.map(shown) : value;
}

function sourcesOf(sources: Sources, draft: Draft): Record<string, string> {
  const groups = (draft.groups ?? []).flatMap((_, index) =>
    GROUP_FIELDS.map(({ path }) => ({
      name: `groups[${index}].${path}`,
      place: ['groups', index, ...path.split('.')],
    })),
  );
  const fields = FIELDS.map(({ path }) => ({ name: path, place: path.split('.') }));
  return Object.fromEntries(
    [...fields, ...groups]
      .filter(({ place }) => valueAt(sources.tree, place) !== undefined)
      .map(({ name, place }) => [name, sources.sourceOf(place)]),
  );
}

/** @throws TypeError when a field that the rules require is missing: a fault of theirs */
function configOf(draft: Draft): Config {
  const { node, prefix, listen, runtimeDir, stateDir, log, keepOnStop } = draft;
  const { profile, holdFor, announceEvery, leaseTtl, onConflict } = draft;
  return {
    node: present(node),
    prefix: present(prefix),
    groups: (draft.groups ?? []).map((group) => groupOf(group, present(prefix))),
    etcd: etcdOf(draft.etcd ?? {}),
    timing: timingFor({
      profile: present(profile),
      holdForMs: holdFor,
      announceEveryMs: announceEvery,
      leaseTtlMs: leaseTtl,
    }),
    onConflict: present(onConflict),
    listen: present(listen),
    runtimeDir: present(runtimeDir),
    stateDir: present(stateDir),
    logLevel: present(log?.level),
    logFormat: present(log?.format),
    ...hooksOf(draft.hooks),
    keepOnStop: present(keepOnStop),
  };
}

function groupOf(draft: GroupDraft, prefix: string): GroupConfig {
  const { name, vips, link, electionKey, weight, preempt, preemptAfter } = draft;
  const health = healthOf(draft.health);
  const group = {
    name: present(name),
    vips: present(vips),
    links: present(link),
    weight: present(weight),
    ...(preempt === true && { preemptAfterMs: present(preemptAfter) }),
    ...(health !== undefined && { health }),
  };
  const own = `${prefix}/elections/${group.name}`;
  return electionKey === undefined || electionKey === own ? group : { ...group, electionKey };
}

function hooksOf(hooks: Draft['hooks'] = {}): Pick<Config, 'hooks'> {
  const { timeout, elected, released, conflict } = hooks;
  if (elected === undefined && released === undefined && conflict === undefined) return {};
  return {
    hooks: {
      timeoutMs: present(timeout),
      ...(elected !== undefined && { elected }),
      ...(released !== undefined && { released }),
      ...(conflict !== undefined && { conflict }),
    },
  };
}

function etcdOf(etcd: NonNullable<Draft['etcd']>): EtcdConfig {
  const { endpoints, ca, cert, key, serverName, user, passwordFile } = etcd;
  return {
    endpoints: endpoints ?? [],
    ...(ca !== undefined && { caFile: ca }),
    ...(cert !== undefined && { certFile: cert }),
    ...(key !== undefined && { keyFile: key }),
    ...(serverName !== undefined && { serverName }),
    ...(user !== undefined && { user }),
    ...(passwordFile !== undefined && { passwordFile }),
  };
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('a required field is missing');
  return value;
}
