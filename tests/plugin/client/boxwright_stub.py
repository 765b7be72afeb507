"""Stands in for `boxwright suggest-worker`: answers, dies, hangs and chatters as the image's name asks."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

print("loading", file=sys.stderr, flush=True)
for line in sys.stdin:
    request = json.loads(line)
    name = Path(request["image"]).name
    if "hang" in name:
        time.sleep(600)
    if "die" in name:
        print("Segmentation fault", file=sys.stderr, flush=True)
        os._exit(3)
    if "silently" in name:
        os._exit(3)
    if "slow" in name:
        while not (Path(sys.argv[2]) / "answer").exists():
            time.sleep(0.01)
    box = {"label": sys.argv[2], "score": 0.75, "xmin": 1.0, "ymin": 2.0, "xmax": 30.0, "ymax": 40.0}
    answer = {"id": request["id"], "model": f"pid {os.getpid()}", "boxes": [box]}
    if "bad" in name:
        answer = {"id": request["id"], "error": f"{name}: no image"}
    print("[]" if "nonsense" in name else json.dumps(answer), flush=True)
