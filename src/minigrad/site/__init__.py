"""The course in the browser: the same pages from a local server and as static files.

`face` holds what the pages ask for, as functions of plain values; `pages` makes the pages from the
course's own Markdown; `server` hands both out, `build` writes them for a host where Python runs in
the page. The pages' scripts and styles are in static/.
"""
