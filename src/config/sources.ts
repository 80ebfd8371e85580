import type { ConfigProblem } from '../errors.ts';
import type { Field } from './field.ts';
import { FIELDS } from './fields.ts';
import type { ConfigFile } from './file.ts';
import type { Environment, Flags, Given } from './given.ts';
import { givenFor, unknownVariables } from './given.ts';
import { GROUP_FIELDS } from './group-fields.ts';
import { kubeVipNames } from './kube-vip.ts';
import type { Path } from './path.ts';
import { formatPath, isAtOrBelow, isMapping, valueAt } from './path.ts';

/** A configuration file and the name under which it was given. */
export interface NamedFile {
  readonly name: string;
  readonly file: ConfigFile;
}

type Tree = Record<string, unknown>;

interface Found {
  readonly place: Path;
  readonly given: Given;
}

/** Flags, then environment, then file, then defaults: for every value the first that speaks. */
export class Sources {
  /** The merged configuration as it is written; not validated. */
  readonly tree: unknown;
  /** What is wrong with the sources themselves: unknown variables, flags that stand against groups. */
  readonly problems: readonly ConfigProblem[];
  /** What was passed over, by name. */
  readonly warnings: readonly string[];
  /** Places for which something was given that cannot be used. */
  readonly refusedAt: readonly Path[];
  readonly #file: NamedFile | undefined;
  readonly #labels: readonly { place: Path; label: string }[];

  /** @param hostname the default name of the node */
  constructor(flags: Flags, env: Environment, file: NamedFile | undefined, hostname: string) {
    const kubeVip = kubeVipNames(flags, env);
    const problems = [...unknownVariables(env), ...kubeVip.problems];
    const refusedAt: Path[] = [];
    const labels: { place: Path; label: string }[] = [];
    const tree: Tree = structuredClone({ ...file?.file.tree });
    const put = (place: Path, given: Given): void => {
      setAt(tree, place, given.value);
      labels.push({ place, label: given.label });
    };
    const usable = (fields: readonly Field[], placeOf: (field: Field) => Path): Found[] =>
      fields.flatMap((field) => {
        const given = givenFor(field, flags, env) ?? kubeVip.given.get(field.flag);
        if (given === undefined) return [];
        if (!('problem' in given)) return [{ place: placeOf(field), given }];
        problems.push(given);
        refusedAt.push(placeOf(field));
        return [];
      });
    for (const { place, given } of usable(FIELDS, ({ path }) => path.split('.'))) put(place, given);
    const group = usable(GROUP_FIELDS, ({ path }) => ['groups', 0, ...path.split('.')]);
    if (group.length > 0 && file !== undefined && tree['groups'] !== undefined) {
      problems.push(...group.map(({ given }) => besideGroups(given, file)));
    } else if (group.length > 0) {
      tree['groups'] = [{}];
      for (const { place, given } of group) put(place, given);
    }
    fillDefaults(tree, hostname);
    this.tree = tree;
    this.warnings = kubeVip.warnings;
    this.problems = problems;
    this.refusedAt = refusedAt;
    this.#labels = labels;
    this.#file = file;
  }

  /** Where the value at a place was given: `--vip`, `VIP_ELECTOR_VIP`, `a.yaml:3` or `default`. */
  sourceOf(place: Path): string {
    return this.#label(place) ?? (this.#isInFile(place) ? this.#position(place) : 'default');
  }

  /** What to call a place in a message: `--vip`, or `groups[0].vips[1] (a.yaml:3)`. */
  nameOf(place: Path): string {
    const label = this.#label(place);
    if (label !== undefined) return label;
    if (this.#isInFile(place.slice(0, 1))) return `${formatPath(place)} (${this.#position(place)})`;
    const flagsAlone =
      this.#file === undefined ||
      this.#labels.some((one) => one.place[0] === 'groups' && place[0] === 'groups');
    return flagsAlone ? flagOf(place) : `${formatPath(place)} (${this.#file?.name})`;
  }

  #label(place: Path): string | undefined {
    return this.#labels.find((one) => isAtOrBelow(place, one.place))?.label;
  }

  #isInFile(place: Path): boolean {
    return valueAt(this.#file?.file.tree, place) !== undefined;
  }

  #position(place: Path): string {
    return `${this.#file?.name}:${this.#file?.file.lineOf(place)}`;
  }
}

function besideGroups({ label, value }: Given, { name, file }: NamedFile): ConfigProblem {
  return {
    field: label,
    value,
    problem: `describes a group of its own beside the groups in ${name}:${file.lineOf(['groups'])}`,
    remedy: 'leave it out, or remove groups from the file',
  };
}

function fillDefaults(tree: Tree, hostname: string): void {
  if (tree['node'] === undefined) tree['node'] = hostname;
  for (const { path, fallback } of FIELDS) {
    const place = path.split('.');
    if (fallback !== undefined && valueAt(tree, place) === undefined) {
      setAt(tree, place, fallback);
    }
  }
  const groups = tree['groups'];
  if (!Array.isArray(groups)) return;
  for (const group of groups.filter(isMapping)) {
    for (const { path, fallback } of GROUP_FIELDS) {
      const place = path.split('.');
      // A group without a block such as `health` has nothing to be told of it.
      const holder = valueAt(group, place.slice(0, -1));
      if (fallback === undefined || !isMapping(holder)) continue;
      if (valueAt(group, place) === undefined) setAt(group, place, fallback);
    }
  }
}

/**
 * Sets a value in a tree. Mappings on the way are made where there is nothing, or only an empty
 * `etcd:`; anything else there is left for the schema to refuse.
 */
function setAt(tree: unknown, place: Path, value: unknown): void {
  let parent = tree;
  for (const [index, step] of place.entries()) {
    const holds = isMapping(parent) || Array.isArray(parent);
    if (!holds) return;
    const children = parent as Record<string | number, unknown>;
    if (index === place.length - 1) children[step] = value;
    else parent = children[step] ??= {};
  }
}

/** The flag of a field that nobody gave, for those who use flags alone. */
function flagOf(place: Path): string {
  if (place[0] === 'groups') {
    const own = formatPath(place.slice(2));
    const field = GROUP_FIELDS.find(({ path }) => own === path || own.startsWith(`${path}[`));
    return `--${field?.flag ?? 'vip'}`;
  }
  const path = formatPath(place);
  const field = FIELDS.find((one) => one.path === path || path.startsWith(`${one.path}[`));
  return field === undefined ? path : `--${field.flag}`;
}
