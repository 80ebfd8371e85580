/** A place in the configuration: `['groups', 0, 'vips', 1]`. */
export type Path = readonly (string | number)[];

/** `groups[0].vips[1]`, as an operator writes it. */
export function formatPath(path: Path): string {
  return path
    .map((step, index) =>
      typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${step}`,
    )
    .join('');
}

/** True for `path` itself and everything below it. */
export function isAtOrBelow(place: Path, path: Path): boolean {
  return path.every((step, index) => place[index] === step);
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What stands at a place of a tree of mappings and lists, or undefined. */
export function valueAt(tree: unknown, path: Path): unknown {
  let value = tree;
  for (const step of path) {
    if (Array.isArray(value) && typeof step === 'number') value = value[step];
    else if (isMapping(value) && Object.hasOwn(value, step)) value = value[step];
    else return undefined;
  }
  return value;
}

/**
 * A copy of the tree without what stands at these places. A list of texts closes up; in a list of
 * mappings an empty one is left, so that the others keep their places.
 */
export function without(tree: unknown, places: readonly Path[]): unknown {
  if (places.some((place) => place.length === 0)) return undefined;
  const below = (step: string | number): Path[] =>
    places.filter((place) => place[0] === step).map((place) => place.slice(1));
  if (Array.isArray(tree)) {
    const kept = tree.map((item: unknown, index) => without(item, below(index)));
    if (tree.some(isMapping)) return kept.map((item) => item ?? {});
    return kept.filter((item) => item !== undefined);
  }
  if (!isMapping(tree)) return tree;
  const kept = Object.entries(tree).map(([key, value]) => [key, without(value, below(key))]);
  return Object.fromEntries(kept.filter(([, value]) => value !== undefined));
}
