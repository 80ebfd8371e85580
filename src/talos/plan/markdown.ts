import type { Phase, Plan, Step } from './plan.ts';
import { totalMinutes } from './plan.ts';

/** Of the whole, for what nobody foresees: the pi-cluster adds 30 minutes to its 70. */
const SURPRISES = 0.4;

/** A plan as a checklist: a box for each step, its commands below, the times at the end. */
export function planMarkdown(plan: Plan): string {
  const { title, warnings, phases } = plan;
  const total = totalMinutes(plan);
  const lines = [
    `# ${title}`,
    '',
    ...warnings.map((warning) => `> **Mind:** ${warning}\n`),
    ...phases.flatMap(phaseLines),
    '## Time',
    '',
    '| phase | what | minutes |',
    '|---|---|---|',
    ...phases.map(({ title, minutes }, at) => `| ${at + 1} | ${title} | ${minutes} |`),
    `| | **all** | **${total}** |`,
    '',
    `Allow ${Math.ceil(total * (1 + SURPRISES))} minutes: something unforeseen is usual.`,
  ];
  return `${lines.join('\n')}\n`;
}

function phaseLines({ title, minutes, steps }: Phase, at: number): string[] {
  return [`## Phase ${at + 1}: ${title} (${minutes} min)`, '', ...steps.flatMap(stepLines), ''];
}

function stepLines({ text, commands, destructive }: Step): string[] {
  const mark = destructive === true ? '**Destroys data.** ' : '';
  const box = `- [ ] ${mark}${text}`;
  if (commands.length === 0) return [box];
  return [box, '', '  ```sh', ...commands.map((line) => `  ${line}`), '  ```'];
}
