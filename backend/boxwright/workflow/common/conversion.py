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

    from boxwright.conversion.convert import Candidate, Converted
    from boxwright.zoo.catalogue import ZooModel

PHOTOS = 32  # for the statistics of batch normalisation; the last feature map has one value an image
LARGE = 400 * 400  # pixels of the network's input; their maps are large, and give statistics enough
COMPARED = 8  # photos on which the result is compared with the original
LONGEST_SIDE = 1024  # pixels, about; larger photos are thinned out, so that PHOTOS of them fit in memory


def converter(
    workspace: Workspace, name: str, model: ZooModel | None, reporter: Reporter
) -> Callable[[Path, Path], None]:
    """Return what writes the checkpoint and pipeline.config of a model for inference into a folder.

    The model is a file (a frozen graph, TF.js, ONNX or TFLite) or the folder of a SavedModel. Its pipeline.config is
    the one beside it. Without one, its network is recognised by its convolutions, and the known config is taken.

    Args:
        workspace: Its photos are used; drawn scenes make up for missing ones.
        name: The name that the model gets, for messages.
        model: The model of the catalogue that it must be; None for any known network.
        reporter: Receives messages and the progress.
    """

    def convert(source: Path, folder: Path) -> None:
        from boxwright.workflow.common.tensorflow_quiet import quiet_tensorflow

        quiet_tensorflow()
        from boxwright.conversion.convert import convert_file
        from boxwright.pipeline.save import save_pipeline
        from boxwright.zoo.forms import form_of

        form = form_of(source)
        assert form is not None
        log(reporter, f"{name}: {form.value}; it is converted and compared with the file itself")
        converted = convert_file(
            source,
            _candidates(source, model),
            folder / "model.ckpt",
            photos=lambda network: _photos(workspace, network.image_size, reporter),
            compared=COMPARED,
        )
        save_pipeline(converted.config, folder / "pipeline.config", header=f"The network of {converted.name}.")
        log(reporter, f"{name}: {_outcome(converted)}")

    return convert


def _candidates(source: Path, model: ZooModel | None) -> list[Candidate]:
    """Return the networks that a file may be of."""
    from boxwright.conversion.convert import Candidate
    from boxwright.pipeline.presets import PRESETS, build_preset
    from boxwright.pipeline.support.check import check_supported
    from boxwright.zoo.configure import read_original
    from boxwright.zoo.errors import ZooError
    from boxwright.zoo.known_configs import KNOWN_CONFIGS, parse_known_config
    from boxwright.zoo.weights import find_config

    if (own := find_config(*((source, source.parent) if source.is_dir() else (source.parent,)))) is not None:
        config = read_original(own)
        check_supported(config, purpose="export", path=str(own))
        return [Candidate("the pipeline.config beside it", config)]
    if model is None:
        known = [Candidate(name, parse_known_config(name)) for name in KNOWN_CONFIGS]
        return known + [Candidate(f"the preset {name}", build_preset(name, num_classes=1)) for name in PRESETS]
    if model.name not in KNOWN_CONFIGS:
        raise ZooError(
            f"{source}: the file has no pipeline.config beside it, and that of {model.name} is not known here. Known "
            f"are {', '.join(KNOWN_CONFIGS)}. Put its pipeline.config beside the file."
        )
    return [Candidate(model.name, parse_known_config(model.name))]


def _outcome(converted: Converted) -> str:
    """Return what was converted, in words."""
    if (difference := converted.difference) is not None:
        return (
            f"on {difference.photos} photos its scores differ from the file's by at most {difference.scores:.1g}, its "
            f"boxes by {difference.boxes:.1g}"
        )
    assert converted.agreement is not None
    return (
        "warning: the file computes in 8 bits. Its weights were turned into float32 and are as coarse as there; on "
        f"average over {converted.agreement.detections} detections the scores differ by "
        f"{converted.agreement.score:.2g}, and the boxes overlap by {converted.agreement.overlap:.2f}. Take the float "
        "file if you have it."
    )


def _photos(workspace: Workspace, size: tuple[int, int], reporter: Reporter) -> list[npt.NDArray[np.uint8]]:
    """Return images, uint8 [H, W, 3]: the workspace's, evenly chosen, and drawn scenes for the rest.

    Args:
        workspace: The workspace.
        size: (height, width) of the network's input; above LARGE pixels a quarter of PHOTOS is returned.
        reporter: Receives the progress.
    """
    import numpy as np

    from boxwright.dataset.sources.images import ImageError
    from boxwright.demo.scenes import draw_scene
    from boxwright.errors import UsageError
    from boxwright.inference.image_files import find_images, read_image

    try:
        files = find_images([workspace.images])
    except UsageError:
        files = []
    wanted = PHOTOS if size[0] * size[1] <= LARGE else PHOTOS // 4
    photos: list[npt.NDArray[np.uint8]] = []
    for file in files[:: max(1, len(files) // wanted)][:wanted]:
        try:
            image = read_image(file.path)
        except (ImageError, OSError):
            continue  # `check` reports it
        thinning = max(1, max(image.shape[:2]) // LONGEST_SIDE)
        photos.append(image[::thinning, ::thinning])
        reporter(Progress("reading photos", len(photos), wanted))
    for seed in range(wanted - len(photos)):
        photos.append(np.asarray(draw_scene(seed)[0], np.uint8))
        reporter(Progress("drawing photos", len(photos), wanted))
    return photos
