#!/usr/bin/env python3
"""rows.py BASE: the rig's rows for $BENCH_OP. Pages of the list go by cursors, which only the server itself can give."""
import json, os, random, sys, urllib.parse, urllib.request

sys.path.insert(0, os.environ["BENCH_DIR"])
import run

op, scale = os.environ["BENCH_OP"], os.environ["BENCH_SCALE"]
if op == "list":
    pages, cursor = [], None
    while cursor or not pages:
        query = urllib.parse.urlencode({"limit": 20} | ({"cursor": cursor} if cursor else {}))
        pages.append({"query": query})
        with urllib.request.urlopen(f"{sys.argv[1]}/api/v1/courses?{query}") as answer:
            cursor = json.load(answer)["nextCursor"]
    rnd = random.Random(7)
    rows = [pages[int(len(pages) * rnd.random() ** 3)] for _ in range(2000)]
else:
    rows = run.rows_for(op, scale, 20000, 200 if op != "login" else 10**9)
for row in rows:
    print(json.dumps(row))
