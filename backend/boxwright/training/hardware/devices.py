"""On what a run trains: one device, several of this machine, or those of several machines."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.eager import context as eager_context

from boxwright.errors import UsageError
from boxwright.training.errors import TrainingError

PULSE_SECONDS = 6
"""A worker of which nothing was heard for so long is taken for lost."""


@dataclass(frozen=True, eq=False)
class Devices:
    """What trains together.

    Attributes:
        strategy: Of tf.distribute; TensorFlow's default one for a lone device.
        workers: Processes.
        worker: Which of them this is, from 0; the first is the chief, which writes checkpoints and evaluates.
        addresses: "host:port" of each worker; none for one process.
    """

    strategy: Any
    workers: int = 1
    worker: int = 0
    addresses: tuple[str, ...] = ()

    @property
    def is_chief(self) -> bool:
        """Whether this process writes checkpoints and evaluates."""
        return self.worker == 0

    @property
    def replicas(self) -> int:
        """Devices of this process."""
        return int(self.strategy.num_replicas_in_sync) // self.workers

    def check_batch_size(self, batch_size: int, micro_batches: int = 1) -> None:
        """Make sure that a batch can be divided.

        Raises:
            TrainingError: It cannot.
        """
        shares = self.workers * self.replicas * micro_batches
        if batch_size % shares:
            raise TrainingError(
                f"batch_size {batch_size} cannot be divided among {self.workers} worker(s) with {self.replicas} "
                f"device(s) each{f' in {micro_batches} micro-batches' if micro_batches > 1 else ''}: it counts the "
                f"images of all together. Take a multiple of {shares}, for example --batch-size "
                f"{max(shares, batch_size // shares * shares)}."
            )

    def distribute(self, batches: tf.data.Dataset) -> Any:
        """Return the batches as the strategy's replicas take them."""
        if self.strategy.num_replicas_in_sync == 1 and self.workers == 1:
            return batches
        return self.strategy.distribute_datasets_from_function(lambda context: batches)

    def broadcast(self, variables: Mapping[str, tf.Variable], step: int, fingerprint: str) -> int:
        """Give every worker the chief's values, so that only the chief need have the checkpoint.

        Args:
            variables: By name, set on the chief.
            step: The chief's global step.
            fingerprint: Of this worker's dataset.

        Returns:
            The chief's global step.

        Raises:
            TrainingError: This worker's dataset is another one than the chief's.
        """
        if self.workers == 1:
            return step
        strategy = self.strategy
        own = [step >> 20, step & 0xFFFFF, *bytes.fromhex(fingerprint[:8])]

        @tf.function(autograph=False)
        def shared(names: tuple[str, ...]) -> Any:
            def of_replica() -> list[tf.Tensor]:
                values = [tf.constant(own, tf.float32), *(tf.convert_to_tensor(variables[name]) for name in names)]
                replica = tf.distribute.get_replica_context()
                counts = tf.cast(tf.equal(replica.replica_id_in_sync_group, 0), tf.float32)  # the chief's first
                total = replica.all_reduce(tf.distribute.ReduceOp.SUM, [value * counts for value in values])
                for name, value in zip(names, total[1:], strict=True):
                    tf.raw_ops.AssignVariableOp(resource=variables[name].handle, value=value)
                return total[0]

            return strategy.run(of_replica)

        chiefs = np.round(strategy.experimental_local_results(shared(tuple(variables)))[0].numpy()).astype(int).tolist()
        if chiefs[2:] != own[2:]:
            raise TrainingError(
                f"worker {self.worker}: the training records here are not those of worker 0. Copy annotations/ from "
                "there, or let both read the same folder, and start both again."
            )
        return (chiefs[0] << 20) + chiefs[1]

    def describe(self) -> str:
        """Return what is trained on, "" for a lone device."""
        if self.workers > 1:
            return (
                f"worker {self.worker} of {self.workers} ({', '.join(self.addresses)}), {self.replicas} device(s) each"
            )
        return f"{self.replicas} devices" if self.replicas > 1 else ""


def find_devices(wanted: int | None = None) -> Devices:
    """Return what to train on: the workers of TF_CONFIG if it is set, else so many devices of this machine.

    Args:
        wanted: Devices of this process; 1 by default. GPUs where there are any, else (logical) CPUs.

    Raises:
        UsageError: There are not so many, or TF_CONFIG is not valid.
        TrainingError: The other workers did not come.
    """
    workers, worker = _cluster(os.environ.get("TF_CONFIG", ""))
    count = wanted or 1
    _show_only_gpus(count)  # TensorFlow would take the memory of all of them
    if len(workers) < 2:
        names = _device_names(count)
        return Devices(tf.distribute.MirroredStrategy(names) if count > 1 else tf.distribute.get_strategy())
    try:
        with _quick_pulse():
            strategy = tf.distribute.MultiWorkerMirroredStrategy()
    except (tf.errors.OpError, RuntimeError, ValueError) as error:
        raise TrainingError(
            f"worker {worker}: the {len(workers)} workers ({', '.join(workers)}) did not find each other: "
            f"{str(error).splitlines()[0][:200]}. Start `boxwright train` on all of them within two minutes, each with "
            "its own index in TF_CONFIG, and see that the ports are open."
        ) from error
    return Devices(strategy, len(workers), worker, workers)


@contextmanager
def _quick_pulse() -> Iterator[None]:
    """Have workers that find each other in this block believe one lost after PULSE_SECONDS without a sign of life.

    TensorFlow's own ten seconds count where the other dies between two exchanges; there is no public way to set them.
    """
    context = eager_context.context()
    configure = context.configure_coordination_service
    context.configure_coordination_service = partial(configure, heartbeat_timeout_in_ms=PULSE_SECONDS * 1000)
    try:
        yield
    finally:
        del context.configure_coordination_service


def lost_worker(devices: Devices, error: Exception) -> TrainingError:
    """Return the error for a step that failed because another worker is gone."""
    others = [f"{number} ({address})" for number, address in enumerate(devices.addresses) if number != devices.worker]
    return TrainingError(
        f"worker {', '.join(others)} is gone ({type(error).__name__}), so this one cannot continue. Start all workers "
        "again: the run continues from the chief's last checkpoint."
    )


def _show_only_gpus(count: int) -> None:
    gpus = tf.config.list_physical_devices("GPU")
    if count <= len(gpus):
        with suppress(RuntimeError):  # too late: something was computed, on whatever TensorFlow saw then
            tf.config.set_visible_devices(gpus[:count], "GPU")


def _device_names(wanted: int) -> list[str]:
    if wanted == 1:
        return []
    kind = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
    found = tf.config.list_logical_devices(kind)
    if wanted > len(found):
        raise UsageError(
            f"--devices {wanted}: this machine has {len(found)} {kind}{'' if len(found) == 1 else 's'} for TensorFlow. "
            f"Give --devices {len(found)} or fewer; boxwright doctor says why a GPU is not found."
        )
    return [device.name for device in found[:wanted]]


def _cluster(text: str) -> tuple[tuple[str, ...], int]:
    """Return the workers' addresses and which one this is; () and 0 where there is no cluster."""
    if not text.strip():
        return (), 0
    try:
        cluster = json.loads(text)
        workers = _addresses(cluster["cluster"])
        task = cluster["task"]
        index = int(task["index"]) + (len(cluster["cluster"].get("chief", [])) if task["type"] == "worker" else 0)
        if task["type"] not in ("chief", "worker") or not 0 <= index < len(workers):
            raise ValueError(f"there is no {task['type']} {task['index']} among {len(workers)} workers")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"TF_CONFIG is {text[:200]!r}, which does not describe workers ({type(error).__name__}: {error}). Write, "
            'on the first of two machines, {"cluster": {"worker": ["HOST1:PORT", "HOST2:PORT"]}, "task": {"type": '
            '"worker", "index": 0}}, and index 1 on the second; or unset it.'
        ) from error
    return workers, index


def _addresses(cluster: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    unknown = set(cluster) - {"chief", "worker"}
    if unknown:
        raise ValueError(f"{', '.join(sorted(unknown))}: only chief and worker train together here")
    return (*cluster.get("chief", ()), *cluster.get("worker", ()))
