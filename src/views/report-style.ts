/** Style sheet of the HTML report. Light and dark follow the reader's system; status is told by word and symbol, never by colour alone. */
export const REPORT_STYLE = `
:root{color-scheme:light dark;--bg:#ffffff;--panel:#f4f5f7;--line:#d5d9e0;--text:#1b1f27;--soft:#555d6b;--good:#0f6b33;--bad:#b3261e;--warn:#7a5200;--busy:#0b5aa6;--bar:#3b78c2}
@media (prefers-color-scheme:dark){:root{--bg:#12151b;--panel:#1b2029;--line:#363d4a;--text:#e8ebf1;--soft:#a7b0bf;--good:#6bd695;--bad:#ff9a91;--warn:#f0c26a;--busy:#86bdf7;--bar:#6fa8ec}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--text);font:15px/1.5 system-ui,sans-serif}
main{max-width:76rem;margin:0 auto;padding:1.5rem 1rem 3rem}
h1{font-size:1.5rem;margin:0 0 .25rem;overflow-wrap:anywhere}
h2{font-size:1.1rem;margin:2rem 0 .5rem}
p{margin:.25rem 0}
.soft{color:var(--soft)}
code,.mono{font-family:ui-monospace,monospace;font-size:.92em;overflow-wrap:anywhere}
dl.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(10.5rem,1fr));gap:.75rem;margin:1.25rem 0 0}
dl.figures div{background:var(--panel);border:1px solid var(--line);border-radius:.4rem;padding:.6rem .75rem}
dt{color:var(--soft);font-size:.85rem}
dd{margin:0;font-size:1.25rem;font-variant-numeric:tabular-nums}
dd small{display:block;font-size:.8rem;color:var(--soft)}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:.4rem}
.scroll:focus-visible,summary:focus-visible{outline:3px solid var(--busy);outline-offset:2px}
table{border-collapse:collapse;width:100%;min-width:46rem}
th,td{text-align:left;vertical-align:top;padding:.45rem .6rem;border-top:1px solid var(--line)}
thead th{border-top:0;background:var(--panel);font-size:.85rem}
tbody th{font-weight:600;max-width:16rem;overflow-wrap:anywhere}
tbody th small{display:block;font-weight:400;color:var(--soft)}
td{overflow-wrap:anywhere}
td.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.time{min-width:12rem;width:24%}
.status{white-space:nowrap;font-weight:600}
.done{color:var(--good)}.needs_you{color:var(--warn)}.failed{color:var(--bad)}.working,.landing{color:var(--busy)}.waiting,.skipped,.stopped{color:var(--soft)}
svg{display:block;width:100%;height:1.1rem;background:var(--panel);border-radius:.2rem}
rect.ok{fill:var(--bar)}rect.again{fill:var(--warn)}rect.bad{fill:var(--bad)}
ul.items{padding-left:1.2rem;margin:.25rem 0}
ul.items li{margin:.3rem 0;overflow-wrap:anywhere}
footer{margin-top:2.5rem;color:var(--soft);font-size:.85rem}
@media (forced-colors:active){svg{border:1px solid CanvasText}rect.ok,rect.again,rect.bad{fill:CanvasText}}
@media print{body{font-size:11px}.scroll{overflow:visible}}
`;

/** Base64 of the SHA-256 of `REPORT_STYLE`, for the page's policy; a test computes it. */
export const REPORT_STYLE_SHA256 = 'nqfQzcZpvpyLzI6AQn3Ef2UQutlcSmFSsejV9fBidLQ=';
