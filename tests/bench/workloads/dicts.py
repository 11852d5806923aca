"""Dicts under churn and JSON to and fro: dicts.py ROUNDS."""

import json
import sys

rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
kept = []
for number in range(rounds):
    records = [
        {"id": n, "name": f"user {n}", "tags": {f"tag{k}": k for k in range(n % 20)},
         "scores": list(range(n % 30))}
        for n in range(5000)
    ]
    text = json.dumps(records)
    back = json.loads(text)
    index = {record["name"]: record for record in back}
    for n in range(0, 5000, 2):
        del index[f"user {n}"]
    words = set(text.replace('"', " ").split())
    large = {n: str(n) for n in range(30000)}
    for n in range(29900):
        del large[n]
    kept.append(len(index) + len(words) + len(large))
    assert back == records
assert len(kept) == rounds
