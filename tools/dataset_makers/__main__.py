"""`python -m dataset_makers NAME OUT [--keep]`: makes one data set, or fetches a model.

People call tools/datasets and tools/models.
"""
import os
import sys
from pathlib import Path

from . import models


def main():
    name, out = sys.argv[1], Path(sys.argv[2])
    keep = "--keep" in sys.argv[3:]
    out.mkdir(parents=True, exist_ok=True)
    if name == "debtext":
        # One thread of BLAS in each worker process; it is read when numpy is loaded.
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
        os.environ["TOKENIZERS_PARALLELISM"] = "false"  # it cannot go on in a forked process, and says so
        from . import debtext
        debtext.make(out, keep)
    elif name in models.KNOWN:
        models.KNOWN[name](out)
    elif name == "wiki":
        from . import wikipedia
        wikipedia.make(out)
    elif name == "simplewiki":
        from . import simplewiki
        simplewiki.make(out)
    else:
        from . import sift
        sift.make(name, out, keep)


if __name__ == "__main__":
    main()
