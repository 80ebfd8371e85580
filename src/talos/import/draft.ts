import { Facts } from './facts.ts';

/** An inventory in the making: what all sources say, and where each of them says it. */
export class Draft extends Facts {
  /** What was left out, or differs from what the source does: for the operator's eyes. */
  readonly notes: string[] = [];
  /** By name, in the order in which they were met. */
  readonly nodes = new Map<string, Facts>();

  /** The facts of a machine. */
  node(name: string, where: string): Facts {
    const known = this.nodes.get(name);
    if (known !== undefined) return known;
    const facts = new Facts();
    facts.say('name', name, where);
    this.nodes.set(name, facts);
    return facts;
  }

  nodesOf(role: 'controlplane' | 'worker'): Facts[] {
    return [...this.nodes.values()].filter((facts) => facts.said('role')?.value === role);
  }

  note(text: string): void {
    if (!this.notes.includes(text)) this.notes.push(text);
  }
}
