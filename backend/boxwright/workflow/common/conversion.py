"""A model of another format into a checkpoint with its pipeline.config."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from boxwright.progress import Progress, Reporter, log
from boxwright.workspace import Workspace

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from boxwright.zoo.catalogue import ZooModel

PHOTOS = 32  # for the statistics of batch normalisation; the last feature map has one value an image
COMPARED = 8  # photos on which the result is compared with the original
LONGEST_SIDE = 1024  # pixels, about; larger photos are thinned out, so that PHOTOS of them fit in memory


def tfjs_converter(
    workspace: Workspace, name: str, model: ZooModel | None, reporter: Reporter
) -> Callable[[Path, Path], None]:
    """Return what writes the checkpoint and pipeline.config of a TF.js model (its model.json) into a folder.

    Args:
        workspace: Its photos are used; drawn scenes make up for missing ones.
        name: The name that the model gets, for messages.
        model: The model of the catalogue that it must be; None for any known network.
        reporter: Receives messages and the progress.
    """

    def convert(source: Path, folder: Path) -> None:
        from boxwright.workflow.common.tensorflow_quiet import quiet_tensorflow

        quiet_tensorflow()
        from boxwright.checkpoints.from_tfjs import convert_tfjs
        from boxwright.zoo.errors import ZooError
        from boxwright.zoo.known_configs import KNOWN_CONFIGS, known_config, parse_known_config
        from boxwright.zoo.tfjs import read_tfjs

        if model is not None and model.name not in KNOWN_CONFIGS:
            raise ZooError(
                f"{source}: a TF.js model has no pipeline.config, and that of {name} is not known here. Known is "
                f"{', '.join(KNOWN_CONFIGS)}: if the file is of that network, give that name."
            )
        network = model.name if model is not None else KNOWN_CONFIGS[0]
        tfjs = read_tfjs(source)
        log(reporter, f"{name}: a TF.js graph model; it is converted and compared with the graph itself")
        agreement = convert_tfjs(
            tfjs,
            parse_known_config(network),
            folder / "model.ckpt",
            photos=_photos(workspace, reporter),
            compared=COMPARED,
        )
        (folder / "pipeline.config").write_bytes(known_config(network))
        log(
            reporter,
            f"{name}: on {agreement.photos} photos its scores differ from the graph's by at most "
            f"{agreement.scores:.1g}, its boxes by {agreement.boxes:.1g}",
        )

    return convert


def _photos(workspace: Workspace, reporter: Reporter) -> list[npt.NDArray[np.uint8]]:
    """Return PHOTOS images, uint8 [H, W, 3]: the workspace's, evenly chosen, and drawn scenes for the rest."""
    import numpy as np

    from boxwright.dataset.sources.images import ImageError
    from boxwright.demo.scenes import draw_scene
    from boxwright.errors import UsageError
    from boxwright.inference.image_files import find_images, read_image

    try:
        files = find_images([workspace.images])
    except UsageError:
        files = []
    photos: list[npt.NDArray[np.uint8]] = []
    for file in files[:: max(1, len(files) // PHOTOS)][:PHOTOS]:
        try:
            image = read_image(file.path)
        except (ImageError, OSError):
            continue  # `check` reports it
        thinning = max(1, max(image.shape[:2]) // LONGEST_SIDE)
        photos.append(image[::thinning, ::thinning])
        reporter(Progress("reading photos", len(photos), PHOTOS))
    for seed in range(PHOTOS - len(photos)):
        photos.append(np.asarray(draw_scene(seed)[0], np.uint8))
        reporter(Progress("drawing photos", seed + 1, PHOTOS - len(photos) + seed + 1))
    return photos
