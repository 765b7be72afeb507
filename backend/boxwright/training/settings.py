"""How a training is made, beside what its configuration says."""

from __future__ import annotations

from dataclasses import dataclass

PRECISIONS = ("float32", "bfloat16", "float16")
"""What the network can compute in while it trains."""


@dataclass(frozen=True)
class Settings:
    """Options of `boxwright train`.

    Attributes:
        num_steps: Instead of train_config.num_steps; 0 means without end.
        seed: Of weights, order and augmentation; by default as before where the run resumes, else 0.
        deterministic: Whether the same run twice gives the same bits, so that one which was stopped and resumed ends
            as one that was not; costs a tenth of the speed or more. By default as before where the run resumes,
            else no.
        eval_every: Steps between two evaluations on the test split; 0 for none. By default a tenth of the run, at least
            100 and at most 1,000. The last step is evaluated too, and the best checkpoint kept in best/.
        early_stop: End after so many evaluations without a better one; 0 for never.
        precision: float32, bfloat16 or float16, of the network's computations while it trains.
        devices: How many of this machine train together; by default one.
        xla: Whether XLA compiles the network.
        log_every: Steps between two printed lines, and rows of metrics.csv; 1 for every step, 0 for one per second.
    """

    num_steps: int | None = None
    seed: int | None = None
    deterministic: bool | None = None
    eval_every: int | None = None
    early_stop: int = 0
    precision: str = "float32"
    devices: int | None = None
    xla: bool = False
    log_every: int = 0
