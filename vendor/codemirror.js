// The editor of the exercises: Python, no more extensions than it needs.
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags as t } from "@lezer/highlight";

// the colours are CSS variables, so that one style serves light and dark
const colours = HighlightStyle.define([
  { tag: [t.keyword, t.operatorKeyword, t.controlKeyword], color: "var(--code-keyword)" },
  { tag: [t.string, t.special(t.string)], color: "var(--code-string)" },
  { tag: t.comment, color: "var(--code-comment)", fontStyle: "italic" },
  { tag: [t.number, t.bool, t.null], color: "var(--code-number)" },
  { tag: [t.function(t.definition(t.variableName)), t.definition(t.className)], color: "var(--code-name)" },
]);

/** An editor in `parent`; `change(text)` at every edit, `run()` at Ctrl-Enter, `save()` at Ctrl-S;
 * `first()` is the number of its first line. */
export function editor(parent, doc, { label, change, run, save, first = () => 1 }) {
  const key = (name, action) => ({ key: name, run: () => (action(), true), preventDefault: true });
  return new EditorView({
    parent,
    state: EditorState.create({
      doc,
      extensions: [
        keymap.of([key("Mod-Enter", run), key("Mod-s", save), ...defaultKeymap, ...historyKeymap, indentWithTab]),
        lineNumbers({ formatNumber: (n) => String(n + first() - 1) }), history(), drawSelection(), indentOnInput(), bracketMatching(), highlightActiveLine(),
        indentUnit.of("    "), EditorView.lineWrapping, python(), syntaxHighlighting(colours),
        // Tab indents, so another key has to lead out; CodeMirror lets Escape do it, and says it nowhere
        EditorView.contentAttributes.of({ "aria-label": `${label}. Escape, then Tab, leaves the editor.`, spellcheck: "false", tabindex: "0" }),
        EditorView.updateListener.of((update) => update.docChanged && change(update.state.doc.toString())),
      ],
    }),
  });
}
