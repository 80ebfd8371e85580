/**
 * `talosctl get -o json` prints one indented object after the other, without a list around them
 * (cmd/talosctl/cmd/talos/output/json.go: an encoder's output for each resource).
 * @throws SyntaxError when it is anything else
 */
export function parseJsonObjects(text: string): unknown[] {
  const objects: unknown[] = [];
  let start = -1;
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (quoted) {
      if (character === '\\') at += 1;
      else if (character === '"') quoted = false;
    } else if (depth > 0 && character === '"') quoted = true;
    else if (character === '{') {
      if (depth === 0) start = at;
      depth += 1;
    } else if (depth > 0 && character === '}') {
      depth -= 1;
      if (depth === 0) objects.push(JSON.parse(text.slice(start, at + 1)));
    } else if (depth === 0 && !/\s/.test(character ?? '')) {
      throw new SyntaxError(`no JSON object at character ${at}`);
    }
  }
  if (depth > 0) throw new SyntaxError('the last JSON object does not end');
  return objects;
}
