// Small things that several pages make.

export const FATES = ["diverged", "stalled", "trained"];
export const SAID = { diverged: "diverges", stalled: "stalls", trained: "trains" };

/** An element: `make("button.primary", {onclick}, "text", child)`. */
export function make(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const out = document.createElement(tag);
  if (classes.length) out.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) out.addEventListener(key.slice(2), value);
    else if (key in out && key !== "list" && typeof value !== "string") out[key] = value;
    else if (value !== false && value !== null && value !== undefined) out.setAttribute(key, value);
  }
  out.append(...children.filter((c) => c !== null && c !== undefined));
  return out;
}

export const percent = (share) => `${Math.round(share * 100)} %`;

/** The odds as one bar. */
export function odds(shares) {
  const said = FATES.map((fate) => `${fate} ${percent(shares[fate])}`).join(", ");
  return make("div.odds", { role: "img", "aria-label": said, title: said }, ...FATES.map((fate) => {
    const part = make(`i.${fate}`);
    part.style.width = `${shares[fate] * 100}%`;
    return part;
  }));
}

export function legend() {
  return make("div.legend", {}, ...FATES.map((fate) => make(`span.${fate}`, {}, make("i"), fate)));
}

/** What an explorer of a family starts from. */
export const START = {
  mlp: { depth: 20, width: 64, activation: "relu", init: "kaiming_normal", norm: "none", placement: "pre", residual: "none", optimizer: "sgd", lr: 0.01 },
  transformer: { family: "transformer", layers: 8, dim: 48, norm: "layernorm", placement: "post", ffn: "gelu", init: "default", residual: "plain", optimizer: "adam", lr: 0.001, warmup: 0 },
};

const OPTIMIZERS = { sgd: "SGD", adam: "Adam" };
const RESIDUAL = { none: "no residual", plain: "x + f(x)", scaled: "x + f(x)/√depth" };

/** A configuration in two lines. */
export function describe(c, words = {}) {
  const norm = c.norm === "none" ? (words.no_norm ?? "no norm") : `${c.norm} (${c.placement})`;
  const own = ["uniform", "normal", "trunc_normal"].includes(c.init) ? ` ${c.init === "uniform" ? "±" : "std "}${c.init_scale}` : "";
  if (c.family) return {
    head: `${c.layers} transformer blocks of ${c.dim} · ${c.ffn}`,
    rest: `init ${c.init} · ${norm} · ${c.residual === "plain" ? RESIDUAL.plain : "x + f(x)/√(2·blocks)"} · ${OPTIMIZERS[c.optimizer]} lr ${c.lr}${c.warmup ? `, warmup ${c.warmup}` : ""}`,
  };
  return {
    head: `${c.depth} ${words.hidden_layers ?? "layers of"} ${c.width} · ${c.activation}`,
    rest: `init ${c.init.replace("_", " ")}${own} · ${norm} · ${c.residual === "none" ? (words.no_residual ?? RESIDUAL.none) : RESIDUAL[c.residual]} · ${OPTIMIZERS[c.optimizer] ?? c.optimizer} lr ${c.lr}`,
  };
}

/** Where the explorer shows a configuration. */
export function permalink(root, ...configs) {
  const put = (c) => Object.entries(c).filter(([, v]) => v !== null).map(([k, v]) => `${k}:${v}`).join(",");
  return `${root}explorer.html?${configs.map((c, i) => `${"ab"[i]}=${encodeURIComponent(put(c))}`).join("&")}`;
}

export function parse(text) {
  return Object.fromEntries(text.split(",").filter((part) => part.includes(":")).map((part) => {
    const [key, value] = part.split(":");
    return [key, value !== "" && Number.isFinite(+value) ? +value : value];
  }));
}

export function toast(text) {
  const note = document.body.appendChild(make("div.toast", { role: "status" }, text));
  setTimeout(() => note.remove(), 4000);
}

export const wait = (text) => make("p.wait", { role: "status" }, text);
export const fail = (error) => make("p.fail", { role: "alert" }, error.message ?? String(error));
