import { Document, isNode } from 'yaml';
import { formatDuration } from './duration.ts';
import { FIELDS } from './fields.ts';
import { GROUP_FIELDS } from './group-fields.ts';
import type { Loaded } from './load.ts';
import type { Path } from './path.ts';
import { valueAt } from './path.ts';

/**
 * A configuration as a file that says the same, with the source of each value behind it. Loading
 * the text again gives the same configuration. Secrets appear as the paths of their files only.
 */
export function renderConfig({ config, written, sources }: Loaded): string {
  const document = new Document({});
  const put = (name: string, place: Path): void => {
    const value = valueAt(written, place);
    if (value === undefined) return;
    const node = document.createNode(value, { flow: true });
    if (isNode(node)) node.comment = ` ${sources[name]}`;
    document.setIn(place, node);
  };
  for (const { path } of FIELDS) put(path, path.split('.'));
  document.set('groups', document.createNode(config.groups.map(() => ({}))));
  for (const index of config.groups.keys()) {
    for (const { path } of GROUP_FIELDS) {
      put(`groups[${index}].${path}`, ['groups', index, ...path.split('.')]);
    }
  }
  const { timing } = config;
  const follows = [
    `hold ${formatDuration(timing.holdForMs)}`,
    `heartbeat ${formatDuration(timing.heartbeatEveryMs)}`,
    `request deadline ${formatDuration(timing.requestDeadlineMs)}`,
    `grace ${formatDuration(timing.graceMs)}`,
    `takeover ${formatDuration(timing.takeoverAfterMs)}`,
    `lease ${formatDuration(timing.leaseTtlMs)}`,
  ];
  return `${document.toString({ lineWidth: 0 })}# timing: ${follows.join(', ')}\n`;
}
