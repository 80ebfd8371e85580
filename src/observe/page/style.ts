/** The style of the status page: readable on a phone, light and dark, without a font of its own. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --back: #f5f6f8; --card: #fff; --text: #1b2027; --soft: #5a6472; --line: #dfe3e8;
  --good: #1f7a4d; --fair: #9a6700; --bad: #b42318; --blue: #1f5fa8; --track: #e6e9ed;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #12161b; --card: #1b2129; --text: #e6eaef; --soft: #9aa5b3; --line: #2d3640;
    --good: #4cc38a; --fair: #e0a83a; --bad: #ff7b6b; --blue: #79b4ff; --track: #2d3640;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1rem; max-width: 62rem; background: var(--back); color: var(--text);
  font: 16px/1.45 system-ui, sans-serif; font-variant-numeric: tabular-nums;
}
body.lost main, body.lost #timeline { opacity: .45; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem .75rem; }
h1 { font-size: 1.25rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 0; }
p { margin: 0; }
#who { color: var(--soft); flex: 1 1 auto; }
.pills { display: flex; flex-wrap: wrap; gap: .4rem; }
.pill, .state {
  border: 1px solid currentColor; border-radius: 1rem; padding: 0 .6rem; font-size: .85rem;
  white-space: nowrap;
}
.good { color: var(--good); } .fair { color: var(--fair); } .bad { color: var(--bad); }
.calm { color: var(--soft); } .blue { color: var(--blue); }
#note { margin-top: .75rem; padding: .5rem .75rem; border-left: 4px solid var(--fair); background: var(--card); overflow-wrap: anywhere; }
main { display: grid; gap: 1rem; margin: 1rem 0; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1rem; min-width: 0; }
.card > header { justify-content: space-between; }
.vips { color: var(--soft); font-family: ui-monospace, monospace; font-size: .9rem; overflow-wrap: anywhere; }
.holder { margin: .5rem 0 .75rem; font-size: 1.35rem; font-weight: 600; overflow-wrap: anywhere; }
.holder small { display: block; font-size: .9rem; font-weight: 400; color: var(--soft); }
.nodes { list-style: none; margin: 0; padding: 0; }
.nodes li {
  display: grid; grid-template-columns: minmax(6rem, 1fr) auto; gap: .15rem .75rem;
  padding: .6rem 0; border-top: 1px solid var(--line);
}
.nodes b, #timeline b { unicode-bidi: isolate; overflow-wrap: anywhere; }
.nodes .why { color: var(--soft); font-size: .9rem; grid-column: 1 / -1; overflow-wrap: anywhere; }
.bar { grid-column: 1 / -1; display: flex; align-items: center; gap: .6rem; font-size: .85rem; color: var(--soft); }
.track { flex: 1 1 auto; height: .6rem; border-radius: .3rem; background: var(--track); overflow: hidden; }
.fill { height: 100%; width: 100%; transform-origin: left; background: currentColor; }
.bar output { min-width: 6.5rem; text-align: right; }
#timeline { list-style: none; margin: .5rem 0 1rem; padding: 0; }
#timeline li {
  display: grid; grid-template-columns: 12.5rem 1fr; gap: 0 .75rem; padding: .35rem 0;
  border-top: 1px solid var(--line); overflow-wrap: anywhere;
}
#timeline time { color: var(--soft); font-size: .9rem; }
#timeline .own { color: var(--soft); font-size: .9rem; }
footer { color: var(--soft); font-size: .9rem; overflow-wrap: anywhere; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; }
a { color: var(--blue); padding: .25rem 0; }
@media (min-width: 46rem) {
  .nodes li { grid-template-columns: minmax(8rem, 1fr) 2fr 8rem; align-items: baseline; }
  .nodes .why { grid-column: 2; grid-row: 1; }
  .nodes .state { grid-column: 3; justify-self: end; }
}
@media (max-width: 30rem) { #timeline li { grid-template-columns: 1fr; } }
`;
