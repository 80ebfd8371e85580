// The script of the status page, as the browser runs it: no module of Node imports it. Draws what the
// events `picture` (picture.ts) and `slack` (live.ts) say. Text goes in as text, never as markup.

/** A listener that hears nothing for so long is cut off: frames come twice a second. */
const SILENT_MS = 4000;
const RECONNECT_MS = 5000;
/** Of the right to hold: what is left below these is told by colour, and by number always. */
const FAIR = 0.5;
const LOW = 0.25;

const TONES = {
  leading: 'good',
  assigning: 'blue',
  campaigning: 'blue',
  withdrawing: 'fair',
  following: 'calm',
  faulted: 'bad',
  away: 'bad',
  foreign: 'fair',
  unknown: 'calm',
};

/** Wall clock of the browser, in milliseconds. */
const wallMs = () => new Date().getTime();

const byId = (id) => document.getElementById(id);
let picture;
let slack;
let slackAt = 0;
let heardAt = 0;
let clockAhead = 0;
/** Nodes that were seen in each group: one that vanishes is still shown. */
const known = new Map();
let bars = [];
let ages = [];

function make(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

function duration(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

/** Text that is kept up to date: since when something is so. */
function age(sinceMs) {
  const node = make('span', '');
  ages.push({ node, sinceMs });
  return node;
}

/** What is left of a node's right to hold, and of how much, in milliseconds; undefined: not told. */
function leftOf({ node, mine }) {
  if (slack === undefined) return undefined;
  const passed = performance.now() - slackAt;
  if (mine) {
    if (slack.slackMs === null || slack.holdForMs === null) return undefined;
    return { left: slack.slackMs - passed, of: slack.holdForMs };
  }
  const heard = slack.nodes[node];
  if (heard === undefined) return undefined;
  return { left: heard.holdForMs - heard.heardMs - passed, of: heard.holdForMs };
}

function bar(node) {
  const fill = make('div', 'fill');
  const output = make('output', '');
  const track = make('div', 'track', fill);
  track.setAttribute('role', 'meter');
  track.setAttribute('aria-label', `right to hold of ${node.node}`);
  track.setAttribute('aria-valuemin', '0');
  track.setAttribute('aria-valuemax', '100');
  bars.push({ node, fill, output, track });
  return make('div', 'bar', track, output);
}

function nodeItem(node) {
  // A follower that never held has no reason of its own.
  const waits = node.state === 'following' && node.reason === 'elected';
  const why = make('span', 'why', waits ? 'waits' : (node.reason ?? ''));
  if (node.detail) why.append(`: ${node.detail}`);
  if (node.sinceMs !== null) why.append(' · ', age(node.sinceMs));
  if (node.place !== null) why.append(` · number ${node.place} in the queue`);
  const name = make('b', '', node.node);
  const who = make('span', '', name, node.mine ? ' (this node)' : '');
  const item = make(
    'li',
    '',
    who,
    make('span', `state ${TONES[node.state] ?? 'calm'}`, node.state),
    why,
  );
  item.dataset.node = node.node;
  if (node.holds) item.append(bar(node));
  return item;
}

/** With those that were there before: a node's keys end with its lease. */
function nodesOf(group) {
  const seen = known.get(group.name) ?? new Map();
  known.set(group.name, seen);
  for (const node of group.nodes) seen.set(node.node, node);
  const here = new Set(group.nodes.map(({ node }) => node));
  const gone = [...seen.values()].filter(({ node }) => !here.has(node));
  return [
    ...group.nodes,
    ...gone.map(({ node }) => ({
      node,
      state: 'away',
      reason: 'its lease has ended',
      sinceMs: null,
      place: null,
    })),
  ];
}

function holderLine({ record, nodes }) {
  const own = nodes.find(({ mine, holds }) => mine && holds);
  const name = record?.state === 'held' ? record.node : own?.node;
  if (name !== undefined) {
    const line = make('p', 'holder', make('b', 'good', name), ' holds it');
    const since = record?.state === 'held' ? record.sinceMs : own.sinceMs;
    line.append(make('small', '', 'for ', age(since), `: ${record?.reason ?? own.reason}`));
    return line;
  }
  const line = make('p', 'holder', make('span', 'bad', 'nobody holds it'));
  if (record === null) line.append(make('small', '', 'etcd has no record, or it was not read'));
  else {
    const said = `${record.node || 'no node'}: ${record.state}, ${record.reason}, `;
    line.append(make('small', '', said, age(record.sinceMs), ' ago'));
  }
  return line;
}

function groupCard(group, index) {
  const title = make('h2', '', group.name);
  title.id = `group-${index}`;
  const head = make('header', '', title, make('span', 'vips', group.vips.join(', ')));
  const card = make('section', 'card', head, holderLine(group));
  card.setAttribute('aria-labelledby', title.id);
  card.append(make('ul', 'nodes', ...nodesOf(group).map(nodeItem)));
  return card;
}

function entryItem(entry) {
  const time = make('time', '', new Date(entry.atMs).toLocaleString());
  time.dateTime = new Date(entry.atMs).toISOString();
  const text = make('span', entry.own ? 'own' : '');
  if (picture.groups.length > 1) text.append(`${entry.group}: `);
  text.append(make('b', '', entry.node), ` ${entry.what}: ${entry.reason}`);
  if (entry.detail) text.append(` (${entry.detail})`);
  return make('li', '', time, text);
}

function draw() {
  bars = [];
  ages = [];
  const { node, version, fence, etcd, blind, groups, timeline } = picture;
  document.title = `${node}: vip-elector`;
  byId('who').textContent = `on ${node}, version ${version}`;
  const away = etcd.endpoints.filter(({ reachable }) => !reachable);
  const pill = byId('etcd');
  pill.className = `pill ${etcd.connected ? (away.length === 0 ? 'good' : 'fair') : 'bad'}`;
  const of = etcd.endpoints.length;
  pill.textContent = etcd.connected ? `etcd ${of - away.length} of ${of}` : 'etcd does not answer';
  const notes = away.map(({ endpoint, err }) => `${endpoint}: ${err}`);
  if (blind !== null) notes.unshift(`The other nodes are shown as last read: ${blind}`);
  byId('note').textContent = notes.join('\n');
  byId('note').hidden = notes.length === 0;
  byId('groups').replaceChildren(...groups.map(groupCard));
  byId('timeline').replaceChildren(...timeline.map(entryItem));
  const gap = fence.err ? ` (${fence.err})` : '';
  byId('facts').textContent = `profile ${fence.profile}, fence ${fence.kind}${gap}`;
  move();
}

/** What changes all the time. */
function move() {
  const now = wallMs() + clockAhead;
  for (const { node, sinceMs } of ages) node.textContent = duration(now - sinceMs);
  for (const { node, fill, output, track } of bars) {
    const right = leftOf(node);
    const share = right === undefined ? 0 : Math.min(1, Math.max(0, right.left / right.of));
    fill.style.transform = `scaleX(${share})`;
    fill.className = `fill ${share >= FAIR ? 'good' : share >= LOW ? 'fair' : 'bad'}`;
    track.setAttribute('aria-valuenow', String(Math.round(share * 100)));
    const left =
      right &&
      `${(Math.max(0, right.left) / 1000).toFixed(1)} of ${(right.of / 1000).toFixed(1)} s`;
    output.textContent = left ?? 'not told';
  }
  const lost = performance.now() - heardAt > SILENT_MS;
  document.body.classList.toggle('lost', lost);
  const line = byId('line');
  line.className = `pill ${lost ? 'bad' : 'good'}`;
  line.textContent = lost ? 'no answer from this node' : 'live';
}

function listen() {
  const source = new EventSource('events');
  source.addEventListener('picture', ({ data }) => {
    picture = JSON.parse(data);
    draw();
  });
  source.addEventListener('slack', ({ data }) => {
    slack = JSON.parse(data);
    slackAt = performance.now();
    heardAt = slackAt;
    clockAhead = slack.atMs - wallMs();
  });
  source.addEventListener('error', () => {
    // A browser connects anew by itself, but not after a refusal (503: too many listen).
    if (source.readyState !== EventSource.CLOSED) return;
    source.close();
    globalThis.setTimeout(listen, RECONNECT_MS);
  });
}

const still = matchMedia('(prefers-reduced-motion: reduce)');
let movedAt = 0;
function turn(at) {
  if (at - movedAt >= (still.matches ? 1000 : 100)) {
    movedAt = at;
    move();
  }
  requestAnimationFrame(turn);
}

heardAt = performance.now();
listen();
requestAnimationFrame(turn);
