"""Writing scenes as a person with a camera and labelImg would leave them in a folder."""

from __future__ import annotations

import io
from pathlib import Path

from boxwright.annotations.voc import render_voc
from boxwright.demo.scenes import draw_scene
from boxwright.files import atomic_write
from boxwright.progress import Progress, Reporter, silent

JPEG_QUALITY = 90


def write_scenes(folder: Path, count: int, *, seed: int = 0, reporter: Reporter = silent) -> list[Path]:
    """Write photo_0001.jpg and photo_0001.xml, and so on, into `folder`.

    Pairs that are there already are left as they are, so an interrupted run can continue and a user's edit stays.

    Args:
        folder: Made when it does not exist.
        count: How many scenes.
        seed: The first scene's seed; the following scenes have the following seeds.
        reporter: Receives each scene.

    Returns:
        The images, in order.
    """
    folder.mkdir(parents=True, exist_ok=True)
    images = [folder / f"photo_{number:04d}.jpg" for number in range(1, count + 1)]
    for number, path in enumerate(images):
        reporter(Progress("drawing photos", number, count))
        if path.exists() and path.with_suffix(".xml").exists():
            continue
        image, annotation = draw_scene(seed + number, filename=path.name)
        encoded = io.BytesIO()
        image.save(encoded, format="JPEG", quality=JPEG_QUALITY)
        with atomic_write(path) as stream:
            stream.write(encoded.getvalue())
        with atomic_write(path.with_suffix(".xml")) as stream:
            stream.write(render_voc(annotation, folder=folder.name, path=str(path)))
    reporter(Progress("drawing photos", count, count))
    return images
