"""`python -m boxwright_labelimg` is `boxwright-labelimg`."""

import os
import sys

if __name__ == "__main__":
    # labelImg's modules are called labelImg and libs: folders of these names in the working directory are others
    sys.path[:] = [place for place in sys.path if place not in ("", os.getcwd())]  # noqa: PTH109

    from boxwright_labelimg.main import main

    sys.exit(main())
