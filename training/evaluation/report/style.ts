/** Of the whole page; colours are Okabe and Ito's, lightened for dark. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #ffffff; --ink: #1d1d1f; --quiet: #60646c; --line: #d9dbe0; --panel: #f6f7f9;
  --real: #1d1d1f; --faint: #b4b8c0;
  --model-0: #0072b2; --model-1: #d55e00; --model-2: #009e73;
  --model-3: #cc79a7; --model-4: #e69f00; --model-5: #56b4e9;
  --model-6: #6a3d9a; --model-7: #882255; --model-8: #8c8c1f;
  --sum: #1d1d1f; --centre: #0072b2; --surround: #e69f00; --bias: #8a8f98;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #15171a; --ink: #e8e9eb; --quiet: #a0a5ad; --line: #363a41; --panel: #1e2125;
    --real: #f0f1f3; --faint: #5a606a;
    --model-0: #4aa3df; --model-1: #ff8546; --model-2: #2dc79e;
    --model-3: #e39bc4; --model-4: #f3b73b; --model-5: #9bd6f7;
    --model-6: #b794e6; --model-7: #e0709c; --model-8: #cfcf62;
    --sum: #f0f1f3; --centre: #4aa3df; --surround: #f3b73b; --bias: #8a9099;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 1120px; padding: 28px 20px 60px;
  background: var(--page); color: var(--ink);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; }
h2 { font-size: 19px; margin: 44px 0 8px; padding-top: 14px; border-top: 1px solid var(--line); }
h3 { font-size: 15px; margin: 22px 0 4px; }
p { margin: 6px 0 12px; max-width: 78ch; }
.quiet, figcaption { color: var(--quiet); font-size: 13px; }
.note { background: var(--panel); border-left: 3px solid var(--model-4); padding: 8px 12px; max-width: none; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13.5px; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 12px 4px 0; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th { color: var(--quiet); font-weight: 600; }
th:first-child, td:first-child, .words { text-align: left; }
td.words { white-space: normal; min-width: 16ch; }
code { font-size: 12.5px; }
figure { margin: 10px 0 18px; }
figure svg { max-width: 100%; height: auto; display: block; font-family: inherit; color: var(--ink);
  --plot-background: var(--page); }
.row { display: flex; flex-wrap: wrap; gap: 14px 26px; align-items: flex-start; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(330px, 1fr)); gap: 14px 20px; }
.images { display: grid; grid-template-columns: repeat(auto-fill, 250px); gap: 8px 14px; }
.grid figure, .row figure, .images figure { margin: 0; }
small { color: var(--quiet); }
figcaption { margin-top: 4px; }
.title { font-size: 13.5px; font-weight: 600; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13.5px; margin: 6px 0; }
.legend i, .swatch { display: inline-block; width: 20px; height: 0; border-top: 3px solid; vertical-align: middle; margin-right: 6px; }
.legend i.dashed { border-top-style: dashed; }
.legend i.block { height: 12px; border: 0; background: var(--faint); opacity: .35; }
.scale { display: flex; align-items: center; gap: 8px; font-size: 12.5px; margin: 4px 0; }
.scale b { display: inline-block; outline: 1px solid var(--line); width: 180px; height: 11px; }
svg.stimulus { width: 206px; }
svg.stimulus .field { fill: none; stroke: #ffd34d; stroke-width: .7; }
svg.stimulus .heat { image-rendering: pixelated; }
svg.stimulus .edge { fill: none; stroke: var(--faint); stroke-width: .5; }
summary { cursor: pointer; margin: 10px 0; }
footer { margin-top: 48px; color: var(--quiet); font-size: 12.5px; border-top: 1px solid var(--line); padding-top: 10px; }
@media print {
  body { max-width: none; padding: 0; font-size: 11pt; }
  figure, tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
}
`;
